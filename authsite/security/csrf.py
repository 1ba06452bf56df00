"""Proof that a form was ours: a token bound to the session, sent from a page of this site."""

import base64
import binascii
import hmac
import logging
import secrets
from typing import Any

from pyramid.interfaces import ICSRFStoragePolicy
from pyramid.request import Request
from pyramid.response import Response
from zope.interface import implementer

from authsite.http.cookies import Cookie
from authsite.http.hosts import Hosts
from authsite.tokens import derive_key, mac

log = logging.getLogger(__name__)

_SALT_BYTES = 16
_STRANGER_BYTES = 16


@implementer(ICSRFStoragePolicy)
class CsrfPolicy:
    """Synchroniser tokens without a store (OWASP CSRF cheat sheet; NIST SP 800-63B-4, 5.1).

    A token is a salt and a MAC over it and whom it is for: the session, or for a stranger the
    random value of a signed cookie, so that sign-in and sign-up are protected too. The salt makes
    every page's token another one, so that compression cannot give it away. A new session makes
    all former tokens worthless.
    """

    def __init__(self, secret: bytes, *, cookie: Cookie, hosts: Hosts) -> None:
        self._key = derive_key(secret, b"csrf")
        self._cookie = cookie
        self._hosts = hosts

    def new_csrf_token(self, request: Request) -> str:
        """Return a fresh token; forms that were shown before stay valid."""
        return self._token_for(self._subject_of(request) or self._issue_anonymous_cookie(request))

    def get_csrf_token(self, request: Request) -> str:
        """Return a token for a form on this page, the same one for all forms of a request."""
        token: str = request.csrf_token
        return token

    def check_csrf_token(self, request: Request, supplied_token: Any) -> bool:
        """Whether the request may change anything: where it comes from, and what it knows."""
        if not self._came_from_here(request):
            log.warning("malicious_csrf: sent by another site")
            return False
        bearer = self._subject_of(request)
        if bearer is None or not self._is_token_for(bearer, supplied_token):
            log.warning("malicious_csrf: no token, or that of another session")
            return False
        return True

    def _came_from_here(self, request: Request) -> bool:
        """Ask `Sec-Fetch-Site`, or `Origin` where the browser does not send it (plain http).

        Every browser since 2020 sends one of them with a form; without either we do not know.
        """
        services = request.environ.get("HTTP_SEC_FETCH_SITE")
        if services is not None:
            return bool(services == "same-origin")
        return self._hosts.is_own_origin(request.environ.get("HTTP_ORIGIN", ""), request)

    def _subject_of(self, request: Request) -> bytes | None:
        """Return whom a token is for: a session, a stranger with a cookie of ours, or nobody."""
        identity = request.identity
        if identity is not None:
            return b"session " + str(identity.session_id).encode("ascii")
        value = self._cookie.read(request)
        if value is None or not self._is_signed(value):
            return None
        return b"stranger " + value.encode("latin-1")

    def _issue_anonymous_cookie(self, request: Request) -> bytes:
        name = secrets.token_urlsafe(_STRANGER_BYTES)
        value = f"{name}.{self._signature_of(name)}"

        def add(_request: Request, response: Response) -> None:
            response.headerlist.append(self._cookie.set(value))

        request.add_response_callback(add)
        return b"stranger " + value.encode("latin-1")

    def _signature_of(self, name: str) -> str:
        digest = mac(self._key, b"cookie " + name.encode("latin-1"))
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")

    def _is_signed(self, value: str) -> bool:
        name, _, signature = value.partition(".")
        expected = self._signature_of(name).encode("ascii")
        return hmac.compare_digest(expected, signature.encode("latin-1"))

    def _token_for(self, bearer: bytes) -> str:
        salt = secrets.token_bytes(_SALT_BYTES)
        digest = mac(self._key, salt + bearer)
        return base64.urlsafe_b64encode(salt + digest).decode("ascii")

    def _is_token_for(self, bearer: bytes, token: Any) -> bool:
        if not isinstance(token, str):  # a file in the place of the token
            return False
        try:
            decoded = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
        except (UnicodeEncodeError, binascii.Error):
            return False
        salt, digest = decoded[:_SALT_BYTES], decoded[_SALT_BYTES:]
        return hmac.compare_digest(mac(self._key, salt + bearer), digest)
