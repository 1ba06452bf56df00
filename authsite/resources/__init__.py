"""The tree of addresses: small classes around rows, made anew for each request."""

from authsite.resources.account import Account
from authsite.resources.base import Private, Resource, add_child
from authsite.resources.links import (
    LINKS,
    ChangeEmailLink,
    KeepAccountLink,
    Link,
    NotMeLink,
    ResetPasswordLink,
    VerifyEmail,
    VerifyEmailLink,
)
from authsite.resources.root import Root
from authsite.resources.well_known import WellKnown

__all__ = [
    "LINKS",
    "Account",
    "ChangeEmailLink",
    "KeepAccountLink",
    "Link",
    "NotMeLink",
    "Private",
    "ResetPasswordLink",
    "Resource",
    "Root",
    "VerifyEmail",
    "VerifyEmailLink",
    "WellKnown",
    "add_child",
]
