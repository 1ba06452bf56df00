"""A person's own account."""

from pyramid.decorator import reify
from pyramid.httpexceptions import HTTPForbidden

from authsite.accounts.users import get_user
from authsite.models import User
from authsite.resources.base import Private


class Account(Private):
    """`/account`: the account of whoever asks, so that nobody can name another's."""

    @reify
    def record(self) -> User:
        """The row of the one who asks; forbidden when it has gone since it was asked who."""
        user = get_user(self.request.dbsession, self.request.authenticated_userid)
        if user is None:
            raise HTTPForbidden
        return user
