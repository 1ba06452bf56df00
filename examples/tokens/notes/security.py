"""Two ways to authenticate: the session of a browser, or the bearer token of a program."""

import hashlib
from typing import NamedTuple

import sqlalchemy as sa
from pyramid.csrf import CookieCSRFStoragePolicy
from pyramid.request import RequestLocalCache
from pyramid.security import Allowed, Denied

from authsite.models import User
from authsite.security import identity_of
from notes.models import Token


class Caller(NamedTuple):
    """A user, and what they may do here: a token opens the API, a session the pages."""

    user_id: str
    may: frozenset[str]


def digest_of(token):
    return hashlib.sha256(token.encode()).digest()


def caller_of(request):
    """Return who sends the request: with a token, nothing else counts."""
    kind, token = request.authorization or (None, None)
    if kind == "Bearer":
        query = sa.select(User.id).join(Token, Token.user_id == User.id)
        query = query.where(Token.digest == digest_of(token))
        query = query.where(User.suspended_at.is_(None), User.delete_after.is_(None))
        user_id = request.dbsession.scalars(query).one_or_none()
        return user_id and Caller(user_id, frozenset({"use notes"}))
    account = identity_of(request)
    return account and Caller(account.user_id, frozenset({"create tokens"}))


class SecurityPolicy:
    def __init__(self):
        self.callers = RequestLocalCache(caller_of)

    def identity(self, request):
        return self.callers.get_or_create(request)

    def authenticated_userid(self, request):
        caller = self.identity(request)
        return caller and caller.user_id

    def permits(self, request, _context, permission):
        caller = self.identity(request)
        return Allowed("granted") if caller and permission in caller.may else Denied("not granted")

    def remember(self, _request, _userid, **_options):
        return []  # authsite starts the sessions

    def forget(self, _request, **_options):
        return []


def includeme(config):
    config.set_security_policy(SecurityPolicy())
    config.set_csrf_storage_policy(CookieCSRFStoragePolicy())
    config.set_default_csrf_options(require_csrf=True)
