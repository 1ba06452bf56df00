"""CSRF protection: a token bound to the session, and a check of the origin."""

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
from authsite.tokens import DIGEST_BYTES, derive_key, mac

log = logging.getLogger(__name__)

_SALT_BYTES = 16
_ANONYMOUS_BYTES = 16
#: Characters of every token: salt and digest in base64.
TOKEN_LENGTH = 4 * (_SALT_BYTES + DIGEST_BYTES) // 3


@implementer(ICSRFStoragePolicy)
class CsrfPolicy:
    """HMAC-based tokens, not stored (OWASP CSRF Prevention Cheat Sheet; NIST SP 800-63B-4 5.1).

    A token is a salt and a MAC over the salt and its subject: the session or, for an anonymous
    visitor, the random value of a signed cookie, which protects sign-in and sign-up too. The salt
    differs on each page, so that compression does not leak the token (BREACH). A new session
    invalidates all previous tokens.
    """

    def __init__(self, secret: bytes, *, cookie: Cookie, hosts: Hosts) -> None:
        self._key = derive_key(secret, b"csrf")
        self._cookie = cookie
        self._hosts = hosts

    def new_csrf_token(self, request: Request) -> str:
        """Return a new token; those of earlier pages stay valid."""
        return self._token_for(self._subject_of(request) or self._issue_anonymous_cookie(request))

    def get_csrf_token(self, request: Request) -> str:
        """Return the token of this request."""
        token: str = request.authsite.csrf_token
        return token

    def check_csrf_token(self, request: Request, supplied_token: Any) -> bool:
        """Whether a page of this site sent the request, with a token of its session."""
        if not self.is_same_origin(request):
            log.warning("malicious_csrf: sent by another site")
            return False
        if not self.is_token_of(request, supplied_token):
            log.warning("malicious_csrf: no token, or that of another session")
            return False
        return True

    def is_token_of(self, request: Request, token: Any) -> bool:
        """Whether a page that this browser has requested, in the same session, had this token."""
        subject = self._subject_of(request)
        return subject is not None and self._is_token_for(subject, token)

    def is_same_origin(self, request: Request) -> bool:
        """Check `Sec-Fetch-Site`, or `Origin` where browsers do not send it (plain http).

        Every browser since 2020 sends one of them with a form.
        """
        fetch_site = request.environ.get("HTTP_SEC_FETCH_SITE")
        if fetch_site is not None:
            return bool(fetch_site == "same-origin")
        return self._hosts.is_own_origin(request.environ.get("HTTP_ORIGIN", ""), request)

    def _subject_of(self, request: Request) -> bytes | None:
        """Return the subject of a token: a session, or the value of a signed cookie."""
        identity = request.authsite.identity
        if identity is not None:
            return b"session " + str(identity.session_id).encode("ascii")
        value = self._cookie.read(request)
        if value is None or not self._is_signed(value):
            return None
        return b"anonymous " + value.encode("latin-1")

    def _issue_anonymous_cookie(self, request: Request) -> bytes:
        name = secrets.token_urlsafe(_ANONYMOUS_BYTES)
        value = f"{name}.{self._signature_of(name)}"

        def add(_request: Request, response: Response) -> None:
            response.headerlist.append(self._cookie.set(value))

        request.add_response_callback(add)
        return b"anonymous " + value.encode("latin-1")

    def _signature_of(self, name: str) -> str:
        digest = mac(self._key, b"cookie " + name.encode("latin-1"))
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")

    def _is_signed(self, value: str) -> bool:
        name, _, signature = value.partition(".")
        expected = self._signature_of(name).encode("ascii")
        return hmac.compare_digest(expected, signature.encode("latin-1"))

    def _token_for(self, subject: bytes) -> str:
        salt = secrets.token_bytes(_SALT_BYTES)
        digest = mac(self._key, salt + subject)
        return base64.urlsafe_b64encode(salt + digest).decode("ascii")

    def _is_token_for(self, subject: bytes, token: Any) -> bool:
        if not isinstance(token, str):  # the field is a file
            return False
        try:
            decoded = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
        except (UnicodeEncodeError, binascii.Error):
            return False
        salt, digest = decoded[:_SALT_BYTES], decoded[_SALT_BYTES:]
        return hmac.compare_digest(mac(self._key, salt + subject), digest)
