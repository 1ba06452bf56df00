"""The user's own account."""

from pyramid.decorator import reify
from pyramid.httpexceptions import HTTPForbidden

from authsite.accounts.users import get_user
from authsite.models import User
from authsite.resources.base import Private
from authsite.security.sessions import require_identity


class Account(Private):
    """`/account`: the signed-in user's account; no URL can name another one."""

    @reify
    def record(self) -> User:
        """The user's row; `HTTPForbidden` if it was deleted after the identity was loaded."""
        user = get_user(self.request.authsite.dbsession, require_identity(self.request).user_id)
        if user is None:
            raise HTTPForbidden
        return user
