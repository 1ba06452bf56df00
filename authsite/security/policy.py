"""Who asks, and whether they may: the session behind the cookie, and the tree's ACLs."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pyramid.authorization import ACLHelper, Authenticated, Everyone
from pyramid.httpexceptions import HTTPForbidden
from pyramid.interfaces import ISecurityPolicy
from pyramid.request import Request
from pyramid.response import Response
from zope.interface import implementer

from authsite.accounts.end_sessions import close_session
from authsite.accounts.sessions import (
    IDENTITY,
    Identity,
    Limits,
    identity_of_token,
    open_session,
    renew_session,
    touch_session,
)
from authsite.audit.event_types import EndReason, Kind, Method
from authsite.clock import utc_now
from authsite.db.engines import DATABASE_AWAY, Database
from authsite.http.client import network_address_of, user_agent_of
from authsite.http.cookies import Cookie
from authsite.tokens import SessionToken

log = logging.getLogger(__name__)

#: The principal of those who are not signed in.
STRANGER = "stranger"
#: The principal of those who run the site.
ADMINISTRATOR = "administrator"


def signed_in(request: Request) -> Identity:
    """Return who asks; raise `HTTPForbidden` for a stranger, who is then sent to sign in."""
    identity: Identity | None = request.identity
    if identity is None:
        raise HTTPForbidden
    return identity


def renew(request: Request, *, now: datetime) -> list[tuple[str, str]]:
    """Give the session of this browser another secret; return the header that hands it over.

    To be called when the password was typed again; what `pyramid.security.remember` is for a new
    session. If the session has ended meanwhile, whoever asked is a stranger: `HTTPForbidden`.
    """
    policy: SecurityPolicy = request.registry.getUtility(ISecurityPolicy)
    return policy.renew(request, now=now)


@implementer(ISecurityPolicy)
class SecurityPolicy:
    """Loads the session from the database by the cookie, at most once a request.

    The cookie is all that a browser shows for itself (ASVS 7.2.1), and what it shows is either a
    session that lives or nothing: malformed, unknown, forged and expired are the same stranger.
    """

    def __init__(
        self,
        database: Database,
        *,
        cookie: Cookie,
        stranger_cookie: Cookie,
        limits: Limits,
        public_limits: Limits,
    ) -> None:
        self._database = database
        self._select = database.compile(IDENTITY)
        self._cookie = cookie
        self._stranger_cookie = stranger_cookie
        self._limits = limits
        self._public_limits = public_limits
        self._acl = ACLHelper()

    def identity(self, request: Request) -> Identity | None:
        """Return who asks, or None for a stranger; `Request.identity` keeps the answer."""
        token = self._token_of(request)
        if token is None:
            if self._cookie.is_sent_by(request):
                self._answer_with(request, self._cookie.clear())
            return None
        now = utc_now()
        identity = identity_of_token(self._select, token, now=now)
        if identity is None:
            self._answer_with(request, self._cookie.clear())
        elif now - identity.last_seen_at >= self._limits_of(identity.public_computer).touch_every:
            self._touch(request, token, identity, now=now)
        return identity

    def authenticated_userid(self, request: Request) -> str | None:
        """Return the id of the user who asks, or None."""
        return request.identity.user_id if request.identity else None

    def permits(self, request: Request, context: Any, permission: str) -> Any:
        """Whether the ACLs from `context` up to the root grant `permission` to whoever asks."""
        return self._acl.permits(context, self.principals(request), permission)

    def principals(self, request: Request) -> Sequence[str]:
        """Return what an ACL may name whoever asks by."""
        identity = request.identity
        if identity is None:
            return (Everyone, STRANGER)
        principals = (Everyone, Authenticated, f"user:{identity.user_id}")
        return (*principals, ADMINISTRATOR) if identity.is_administrator else principals

    def remember(
        self,
        request: Request,
        userid: str,
        *,
        public_computer: bool = False,
        method: Method = Method.PASSWORD,
        kind: Kind = Kind.SIGNED_IN,
        now: datetime | None = None,
        **_kw: Any,
    ) -> list[tuple[str, str]]:
        """Open a session for the user and return the header that hands it to this browser.

        The browser's former session ends, whoever's it was: no session outlives a change of
        identity, and none is ever adopted (ASVS 7.2.4). What named it as a stranger goes too.
        """
        limits, now = self._limits_of(public_computer), now or utc_now()
        self._close_session_of(request, why=EndReason.REPLACED, now=now)
        request.site.sweeper.nudge(now=now)
        token = open_session(
            request.dbsession,
            userid,
            limits=limits,
            journal=request.journal,
            method=method,
            kind=kind,
            public_computer=public_computer,
            user_agent=user_agent_of(request),
            network_address=network_address_of(request),
            now=now,
        )
        lifetime = None if public_computer else min(limits.idle, limits.absolute)
        return [
            self._cookie.set(str(token), max_age=lifetime),
            self._stranger_cookie.clear(),
        ]

    def renew(self, request: Request, *, now: datetime) -> list[tuple[str, str]]:
        """Do what the function of this name promises."""
        identity = signed_in(request)
        renewed = renew_session(request.dbsession, identity, now=now)
        if renewed is None:
            request.identity = None
            raise HTTPForbidden
        token, expires_at = renewed
        lifetime = None if identity.public_computer else expires_at - now
        return [self._cookie.set(str(token), max_age=lifetime)]

    def forget(self, request: Request, **_kw: Any) -> list[tuple[str, str]]:
        """End this browser's session and return the header by which it forgets its cookie."""
        self._close_session_of(request, why=EndReason.SIGNED_OUT, now=utc_now())
        return [self._cookie.clear()]

    def _token_of(self, request: Request) -> SessionToken | None:
        value = self._cookie.of(request)
        return SessionToken.parse(value) if value else None

    def _close_session_of(self, request: Request, *, why: EndReason, now: datetime) -> None:
        token = self._token_of(request)
        if token:
            close_session(request.dbsession, token, journal=request.journal, why=why, now=now)

    def _touch(
        self, request: Request, token: SessionToken, identity: Identity, *, now: datetime
    ) -> None:
        limits = self._limits_of(identity.public_computer)
        try:
            with self._database.reading.connect() as connection:
                until = touch_session(connection, identity, limits=limits, now=now)
        except DATABASE_AWAY as error:  # who asks is known already; the next visit tries again
            log.warning("sys_touch: put off: %s", type(error).__name__)
            return
        if until and not identity.public_computer:  # whose cookie has no end to put off
            self._answer_with(request, self._cookie.set(str(token), max_age=until - now))

    def _limits_of(self, public_computer: bool) -> Limits:
        return self._public_limits if public_computer else self._limits

    def _answer_with(self, request: Request, header: tuple[str, str]) -> None:
        """Add the header to the response, unless a view has set this cookie itself."""

        def add(_request: Request, response: Response) -> None:
            prefix = f"{self._cookie.name}="
            if not any(value.startswith(prefix) for value in response.headers.getall("Set-Cookie")):
                response.headerlist.append(header)

        request.add_response_callback(add)
