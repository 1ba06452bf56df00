"""The tree of addresses: small classes around rows, made anew for each request."""

from authsite.resources.account import Account
from authsite.resources.admin import Admin, UserResource, Users
from authsite.resources.base import Private, Resource, Rows, add_child
from authsite.resources.email_links import (
    LINKS,
    ChangeEmailLink,
    KeepAccountLink,
    Link,
    ResetPasswordLink,
    SecureAccountLink,
    VerifyEmail,
    VerifyEmailLink,
)
from authsite.resources.root import Root
from authsite.resources.sessions import SessionResource, Sessions
from authsite.resources.well_known import WellKnown

__all__ = [
    "LINKS",
    "Account",
    "Admin",
    "ChangeEmailLink",
    "KeepAccountLink",
    "Link",
    "Private",
    "ResetPasswordLink",
    "Resource",
    "Root",
    "Rows",
    "SecureAccountLink",
    "SessionResource",
    "Sessions",
    "UserResource",
    "Users",
    "VerifyEmail",
    "VerifyEmailLink",
    "WellKnown",
    "add_child",
]
