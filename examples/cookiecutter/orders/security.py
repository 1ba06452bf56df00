"""CSRF checks, and what the roles of the shop may do."""

from pyramid.authorization import Allow, Authenticated
from pyramid.csrf import CookieCSRFStoragePolicy

from authsite.security import identity_of
from orders.models import Clerk


class Shop:
    """The context of all pages."""

    __acl__ = ((Allow, Authenticated, "authenticated"), (Allow, "role:clerk", "deliver"))

    def __init__(self, request):
        self.request = request


def roles_of(request):
    clerk = request.dbsession.get(Clerk, identity_of(request).user_id)
    return ["role:clerk"] if clerk else []


def includeme(config):
    config.set_csrf_storage_policy(CookieCSRFStoragePolicy())
    config.set_default_csrf_options(require_csrf=True)
    config.set_root_factory(Shop)
