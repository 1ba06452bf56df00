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

from authsite.accounts.end_sessions import end_session_by_token
from authsite.accounts.sessions import (
    IDENTITY,
    Identity,
    SessionTimeouts,
    create_session,
    identity_of_token,
    refresh_session,
    rotate_session_secret,
)
from authsite.audit.event_types import AuthMethod, EventType, SessionEndReason
from authsite.clock import utc_now
from authsite.db.engines import DATABASE_UNAVAILABLE, Database
from authsite.http.client import ip_address_of, user_agent_of
from authsite.http.cookies import Cookie
from authsite.tokens import SessionToken

log = logging.getLogger(__name__)

#: The principal of those who are not signed in.
ANONYMOUS = "stranger"
#: The principal of those who run the site.
ADMINISTRATOR = "administrator"


def require_identity(request: Request) -> Identity:
    """Return who asks; raise `HTTPForbidden` for a stranger, who is then sent to sign in."""
    identity: Identity | None = request.identity
    if identity is None:
        raise HTTPForbidden
    return identity


def rotate_session(request: Request, *, now: datetime) -> list[tuple[str, str]]:
    """Give the session of this browser another secret; return the header that hands it over.

    To be called when the password was typed again; what `pyramid.security.remember` is for a new
    session. If the session has ended meanwhile, whoever asked is a stranger: `HTTPForbidden`.
    """
    policy: SecurityPolicy = request.registry.getUtility(ISecurityPolicy)
    return policy.rotate_session(request, now=now)


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
        anonymous_cookie: Cookie,
        timeouts: SessionTimeouts,
        public_timeouts: SessionTimeouts,
    ) -> None:
        self._database = database
        self._select = database.compile(IDENTITY)
        self._cookie = cookie
        self._anonymous_cookie = anonymous_cookie
        self._timeouts = timeouts
        self._public_timeouts = public_timeouts
        self._acl = ACLHelper()

    def identity(self, request: Request) -> Identity | None:
        """Return who asks, or None for a stranger; `Request.identity` keeps the answer."""
        token = self._token_of(request)
        if token is None:
            if self._cookie.is_present(request):
                self._set_cookie_once(request, self._cookie.clear())
            return None
        now = utc_now()
        identity = identity_of_token(self._select, token, now=now)
        if identity is None:
            self._set_cookie_once(request, self._cookie.clear())
        elif (
            now - identity.last_seen_at
            >= self._timeouts_for(identity.public_computer).refresh_interval
        ):
            self._refresh(request, token, identity, now=now)
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
            return (Everyone, ANONYMOUS)
        principals = (Everyone, Authenticated, f"user:{identity.user_id}")
        return (*principals, ADMINISTRATOR) if identity.is_administrator else principals

    def remember(
        self,
        request: Request,
        userid: str,
        *,
        public_computer: bool = False,
        method: AuthMethod = AuthMethod.PASSWORD,
        kind: EventType = EventType.SIGNED_IN,
        now: datetime | None = None,
        **_kw: Any,
    ) -> list[tuple[str, str]]:
        """Open a session for the user and return the header that hands it to this browser.

        The browser's former session ends, whoever's it was: no session outlives a change of
        identity, and none is ever adopted (ASVS 7.2.4). What named it as a stranger goes too.
        """
        timeouts, now = self._timeouts_for(public_computer), now or utc_now()
        self._close_session_of(request, why=SessionEndReason.REPLACED, now=now)
        request.services.purger.run_if_due(now=now)
        token = create_session(
            request.dbsession,
            userid,
            timeouts=timeouts,
            audit=request.audit,
            method=method,
            kind=kind,
            public_computer=public_computer,
            user_agent=user_agent_of(request),
            ip_address=ip_address_of(request),
            now=now,
        )
        lifetime = (
            None if public_computer else min(timeouts.idle_timeout, timeouts.absolute_timeout)
        )
        return [
            self._cookie.set(str(token), max_age=lifetime),
            self._anonymous_cookie.clear(),
        ]

    def rotate_session(self, request: Request, *, now: datetime) -> list[tuple[str, str]]:
        """Do what the function of this name promises."""
        identity = require_identity(request)
        renewed = rotate_session_secret(request.dbsession, identity, now=now)
        if renewed is None:
            request.identity = None
            raise HTTPForbidden
        token, expires_at = renewed
        lifetime = None if identity.public_computer else expires_at - now
        return [self._cookie.set(str(token), max_age=lifetime)]

    def forget(self, request: Request, **_kw: Any) -> list[tuple[str, str]]:
        """End this browser's session and return the header by which it forgets its cookie."""
        self._close_session_of(request, why=SessionEndReason.SIGNED_OUT, now=utc_now())
        return [self._cookie.clear()]

    def _token_of(self, request: Request) -> SessionToken | None:
        value = self._cookie.read(request)
        return SessionToken.parse(value) if value else None

    def _close_session_of(self, request: Request, *, why: SessionEndReason, now: datetime) -> None:
        token = self._token_of(request)
        if token:
            end_session_by_token(request.dbsession, token, audit=request.audit, why=why, now=now)

    def _refresh(
        self, request: Request, token: SessionToken, identity: Identity, *, now: datetime
    ) -> None:
        timeouts = self._timeouts_for(identity.public_computer)
        try:
            with self._database.read_engine.connect() as connection:
                until = refresh_session(connection, identity, timeouts=timeouts, now=now)
        except (
            DATABASE_UNAVAILABLE
        ) as error:  # who asks is known already; the next visit tries again
            log.warning("sys_session_refresh_failed: deferred: %s", type(error).__name__)
            return
        if until and not identity.public_computer:  # whose cookie has no end to put off
            self._set_cookie_once(request, self._cookie.set(str(token), max_age=until - now))

    def _timeouts_for(self, public_computer: bool) -> SessionTimeouts:
        return self._public_timeouts if public_computer else self._timeouts

    def _set_cookie_once(self, request: Request, header: tuple[str, str]) -> None:
        """Add the header to the response, unless a view has set this cookie itself."""

        def add(_request: Request, response: Response) -> None:
            prefix = f"{self._cookie.name}="
            if not any(value.startswith(prefix) for value in response.headers.getall("Set-Cookie")):
                response.headerlist.append(header)

        request.add_response_callback(add)
