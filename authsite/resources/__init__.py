"""The tree of URLs: small classes around rows, created for each request."""

from authsite.resources.account import Account
from authsite.resources.admin import (
    Admin,
    EmailOfUser,
    EmailsOfUser,
    SessionOfUser,
    SessionsOfUser,
    UserResource,
    Users,
)
from authsite.resources.base import Private, Resource, Rows, add_child
from authsite.resources.email_links import EmailLinkResource, EmailLinks
from authsite.resources.root import Root
from authsite.resources.sessions import SessionResource, Sessions
from authsite.resources.well_known import WellKnown

__all__ = [
    "Account",
    "Admin",
    "EmailLinkResource",
    "EmailLinks",
    "EmailOfUser",
    "EmailsOfUser",
    "Private",
    "Resource",
    "Root",
    "Rows",
    "SessionOfUser",
    "SessionResource",
    "Sessions",
    "SessionsOfUser",
    "UserResource",
    "Users",
    "WellKnown",
    "add_child",
]
