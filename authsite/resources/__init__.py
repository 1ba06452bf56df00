"""The tree of URLs: small classes around rows, created for each request."""

from authsite.resources.account import Account
from authsite.resources.admin import Admin, UserResource, Users
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
    "Private",
    "Resource",
    "Root",
    "Rows",
    "SessionResource",
    "Sessions",
    "UserResource",
    "Users",
    "WellKnown",
    "add_child",
]
