"""The device cookie: which accounts a browser has signed in to before."""

import base64
import binascii
import hmac
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Self

from pyramid.request import Request

from authsite.http.cookies import Cookie
from authsite.tokens import mac

#: Long enough for users who return after months.
LIFETIME = timedelta(days=365)
#: Maximum accounts in the cookie, the most recently used first.
ACCOUNTS = 4

_EXPIRY_BYTES, _NONCE_BYTES, _MAC_BYTES = 4, 12, 16
_ENTRY_LENGTH = 64  # characters of base64, for 48 bytes


class DeviceCookies:
    """Recognizes browsers that have signed in before (OWASP device cookies).

    Failed attempts elsewhere do not throttle them. The cookie is no credential: it only gives its
    holder a rate limit of their own. For each account it has an entry of expiry, nonce and two
    MACs, which does not show the account. One MAC is over the email address and the password hash,
    so that a new password invalidates the entries that an attacker collected. The other is over
    the user's id; without it a sign-in is reported as one from a new device.
    """

    def __init__(self, key: bytes, *, cookie: Cookie) -> None:
        self._key = key
        self.cookie = cookie

    def read(
        self, request: Request, email_normalized: str, password_hash: str | None, *, now: datetime
    ) -> str | None:
        """Return the nonce of this browser if it has signed in to the account before, or None.

        An unknown account, which has no hash, takes the same time.
        """
        subject = _password_subject(email_normalized, password_hash)
        for entry in self._entries_of(request):
            if self._is_for_password(entry, subject, now=now):
                return entry.nonce.hex()
        return None

    def recognizes(
        self, request: Request, user_id: str, *, since: datetime | None, now: datetime
    ) -> bool:
        """Whether this browser has signed in to the account after `since`, with any password."""
        return any(
            entry.expires_at > now
            and (since is None or entry.expires_at - LIFETIME > since)
            and self._is_for_user(entry, user_id)
            for entry in self._entries_of(request)
        )

    def remember(
        self,
        request: Request,
        email_normalized: str,
        password_hash: str,
        *,
        user_id: str,
        now: datetime,
    ) -> tuple[str, str]:
        """Return the header by which the browser is recognized for this account.

        The nonce is new each time, so that an attacker with a copy of the previous cookie cannot
        use up the rate limit of the browser.
        """
        subject = _password_subject(email_normalized, password_hash)
        new = _Entry(now + LIFETIME, secrets.token_bytes(_NONCE_BYTES), b"", b"")
        new = new._replace(
            password_mac=self._mac(new, subject), user_mac=self._mac(new, user_id.encode())
        )
        return self._header([new, *self._others(request, user_id, now=now)])

    def forget(self, request: Request, user_id: str, *, now: datetime) -> list[tuple[str, str]]:
        """Return the header that makes the browser unknown for this user, if it is known."""
        if not any(self._is_for_user(each, user_id) for each in self._entries_of(request)):
            return []
        others = self._others(request, user_id, now=now)
        return [self._header(others) if others else self.cookie.clear()]

    def _others(self, request: Request, user_id: str, *, now: datetime) -> list["_Entry"]:
        """Return the valid entries of other accounts."""
        return [
            each
            for each in self._entries_of(request)
            if each.expires_at > now and not self._is_for_user(each, user_id)
        ]

    def _header(self, entries: list["_Entry"]) -> tuple[str, str]:
        value = "".join(map(str, entries[:ACCOUNTS]))
        return self.cookie.set(value, max_age=LIFETIME)

    def _entries_of(self, request: Request) -> Iterator["_Entry"]:
        value = self.cookie.read(request) or ""
        for start in range(0, min(len(value), ACCOUNTS * _ENTRY_LENGTH), _ENTRY_LENGTH):
            entry = _Entry.parse(value[start : start + _ENTRY_LENGTH])
            if entry:
                yield entry

    def _is_for_password(self, entry: "_Entry", subject: bytes, *, now: datetime) -> bool:
        is_genuine = hmac.compare_digest(self._mac(entry, subject), entry.password_mac)
        return is_genuine and entry.expires_at > now

    def _is_for_user(self, entry: "_Entry", user_id: str) -> bool:
        return hmac.compare_digest(self._mac(entry, user_id.encode()), entry.user_mac)

    def _mac(self, entry: "_Entry", subject: bytes) -> bytes:
        return mac(self._key, entry.signed + subject, length=_MAC_BYTES)


def _password_subject(email_normalized: str, password_hash: str | None) -> bytes:
    return f"{email_normalized} {password_hash}".encode()


class _Entry(NamedTuple):
    """The part of the cookie for one account."""

    expires_at: datetime
    nonce: bytes
    password_mac: bytes
    user_mac: bytes

    @classmethod
    def parse(cls, text: str) -> Self | None:
        try:
            decoded = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
        except (UnicodeEncodeError, binascii.Error):
            return None
        parts, start = [], 0
        for size in (_EXPIRY_BYTES, _NONCE_BYTES, _MAC_BYTES, _MAC_BYTES):
            parts.append(decoded[start : start + size])
            start += size
        if len(decoded) != start:
            return None
        expiry, nonce, password_mac, user_mac = parts
        expires_at = datetime.fromtimestamp(int.from_bytes(expiry), UTC)
        return cls(expires_at, nonce, password_mac, user_mac)

    def __str__(self) -> str:
        value = self.signed + self.password_mac + self.user_mac
        return base64.urlsafe_b64encode(value).decode("ascii")

    @property
    def signed(self) -> bytes:
        """What the MACs are computed over, before their subject."""
        return int(self.expires_at.timestamp()).to_bytes(_EXPIRY_BYTES) + self.nonce
