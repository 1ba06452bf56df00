"""The tree of addresses: small classes around rows, made anew for each request."""

from authsite.resources.account import Account
from authsite.resources.base import Private, Resource, add_child
from authsite.resources.root import Root
from authsite.resources.well_known import WellKnown

__all__ = ["Account", "Private", "Resource", "Root", "WellKnown", "add_child"]
