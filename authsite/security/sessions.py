"""The session of the browser that sent a request: who is signed in, and the session cookie."""

import logging
from datetime import datetime

from pyramid.httpexceptions import HTTPForbidden
from pyramid.request import Request
from pyramid.response import Response

from authsite.accounts.end_sessions import end_session_by_token, is_session_alive
from authsite.accounts.session_secrets import rotate_session_secret
from authsite.accounts.sessions import (
    IDENTITY,
    Identity,
    SessionTimeouts,
    find_session,
    refresh_session,
)
from authsite.audit.event_types import SessionEndReason
from authsite.clock import utc_now
from authsite.db.engines import DATABASE_UNAVAILABLE, Database
from authsite.http.cookies import Cookie
from authsite.security.replicated_identities import ReplicatedIdentities
from authsite.settings.schema import SessionSettings
from authsite.tokens import SessionToken


def identity_of(request: Request) -> Identity | None:
    """Return who is signed in, or None, on any page of authsite and of its host application.

    It is loaded once for each request. While the database is unavailable, it is None on pages of
    the host; authsite's own pages answer 503. A security policy of a host calls it.
    """
    identity: Identity | None = request.authsite.identity
    return identity


def require_identity(request: Request) -> Identity:
    """Return the identity; raise `HTTPForbidden`, which leads anonymous visitors to sign in."""
    identity = identity_of(request)
    if identity is None:
        raise HTTPForbidden
    return identity


def current_identity(request: Request) -> Identity | None:
    """Return the identity as the primary has it, for what an ended session must not do at all."""
    if request.authsite.identity_is_replicated:
        request.authsite.services.sessions.ask_primary(request)
    return identity_of(request)


class BrowserSessions:
    """Loads the session from the database by the cookie, at most once per request.

    The cookie alone proves the session (ASVS 7.2.1). A malformed, unknown, forged or expired one
    makes the visitor anonymous. It is cleared, unless a session with its id lives: another tab may
    have rotated the secret, and the answer that clears the cookie may arrive last.
    """

    def __init__(
        self,
        database: Database,
        *,
        cookie: Cookie,
        anonymous_cookie: Cookie,
        settings: SessionSettings,
        key: bytes,
        replicated: ReplicatedIdentities | None,
    ) -> None:
        self._database = database
        self._replicated = replicated
        self._key = key
        self._select = database.compile(IDENTITY)
        self._cookie = cookie
        self._anonymous_cookie = anonymous_cookie
        self._timeouts = SessionTimeouts.of(settings, public_computer=False)
        self._public_timeouts = SessionTimeouts.of(settings, public_computer=True)

    def identity(self, request: Request) -> Identity | None:
        """Return the identity, or None for an anonymous visitor; `request.authsite` caches it."""
        token = self._token_of(request)
        if token is None:
            if self._cookie.count(request) == 1:  # of two, one may be ours
                self._set_cookie_once(request, self._cookie.clear())
            return None
        now = utc_now()
        if self._replicated is not None:
            identity = self._replicated.find(request, token, now=now)
            if identity is not None and not self._is_refresh_due(identity, now=now):
                request.authsite.identity_is_replicated = True
                return identity
        return self._identity_on_primary(request, token, now=now)

    def ask_primary(self, request: Request) -> None:
        """Replace an identity from the read replica by that of the primary, if it has one."""
        token = self._token_of(request)
        assert token is not None  # noqa: S101 - the identity was found by it
        request.authsite.identity_is_replicated = False
        request.authsite.identity = self._identity_on_primary(request, token, now=utc_now())

    def _identity_on_primary(
        self, request: Request, token: SessionToken, *, now: datetime
    ) -> Identity | None:
        identity, is_alive = find_session(self._select, token, now=now)
        if identity is None:
            if not is_alive:
                self._set_cookie_once(request, self._cookie.clear())
            return None
        if self._is_refresh_due(identity, now=now):
            self._refresh(request, token, identity, now=now)
        return identity

    def _is_refresh_due(self, identity: Identity, *, now: datetime) -> bool:
        timeouts = self._timeouts_for(identity.public_computer)
        return now - identity.last_seen_at >= timeouts.refresh_interval

    def forget(self, request: Request) -> list[tuple[str, str]]:
        """End this browser's session and return the header that clears its cookie.

        A wrong secret ends no session, and the cookie of one that lives is kept.
        """
        self.end_current_session(request, SessionEndReason.SIGNED_OUT)
        token, work = self._token_of(request), request.authsite.work
        if token is None:
            return [self._cookie.clear()] if self._cookie.count(request) == 1 else []
        is_alive = is_session_alive(work.dbsession, token.id, now=work.now)
        return [] if is_alive else [self._cookie.clear()]

    def end_current_session(self, request: Request, reason: SessionEndReason) -> None:
        token = self._token_of(request)
        if token:
            end_session_by_token(request.authsite.work, token, reason)

    def cookie_headers(
        self, token: SessionToken, *, public_computer: bool
    ) -> list[tuple[str, str]]:
        """Return the headers that give a new session to this browser."""
        timeouts = self._timeouts
        lifetime = min(timeouts.idle_timeout, timeouts.absolute_timeout)
        return [
            self._cookie.set(str(token), max_age=None if public_computer else lifetime),
            self._anonymous_cookie.clear(),
        ]

    def rotate_session(self, request: Request) -> list[tuple[str, str]]:
        """Give the session of this browser a new secret; return the header that sets the cookie.

        Called after a re-authentication. Raises `HTTPForbidden` if the session has ended.
        """
        identity, work, token = (
            require_identity(request),
            request.authsite.work,
            self._token_of(request),
        )
        assert token is not None  # noqa: S101 - the identity was found by it
        rotated = rotate_session_secret(
            work.dbsession, token, user_id=identity.user_id, key=self._key, now=work.now
        )
        if rotated is None:
            request.authsite.identity = None
            raise HTTPForbidden
        token, expires_at = rotated
        lifetime = None if identity.public_computer else expires_at - work.now
        return [self._cookie.set(str(token), max_age=lifetime)]

    def _token_of(self, request: Request) -> SessionToken | None:
        value = self._cookie.read(request)
        return SessionToken.parse(value) if value else None

    def _refresh(
        self, request: Request, token: SessionToken, identity: Identity, *, now: datetime
    ) -> None:
        """Extend the session, and its cookie, when the response is ready.

        Until then, another tab may rotate the secret: a response that sets the previous cookie
        would sign the user out.
        """
        timeouts = self._timeouts_for(identity.public_computer)

        def refresh(_request: Request, response: Response) -> None:
            try:
                with self._database.reading() as connection:
                    expires_at = refresh_session(
                        connection, token, identity, timeouts=timeouts, now=now
                    )
            except DATABASE_UNAVAILABLE as error:  # the next request refreshes
                self._database.outages.report(
                    "sys_session_refresh_failed", error, level=logging.WARNING
                )
                return
            if expires_at and not identity.public_computer:  # that cookie ends with the browser
                self._add_cookie(response, self._cookie.set(str(token), max_age=expires_at - now))

        request.add_response_callback(refresh)

    def _timeouts_for(self, public_computer: bool) -> SessionTimeouts:
        return self._public_timeouts if public_computer else self._timeouts

    def _set_cookie_once(self, request: Request, header: tuple[str, str]) -> None:
        request.add_response_callback(lambda _request, response: self._add_cookie(response, header))

    def _add_cookie(self, response: Response, header: tuple[str, str]) -> None:
        """Add the header to the response, unless a view has set this cookie itself."""
        if self._cookie.value_in(response) is None:
            response.headerlist.append(header)
