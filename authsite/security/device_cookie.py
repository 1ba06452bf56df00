"""The device cookie: in which accounts a browser has been signed in before."""

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

#: As long as people stay away from an account and come back to it.
LIFETIME = timedelta(days=365)
#: Accounts that one browser remembers; the one used last comes first.
ACCOUNTS = 4

_EXPIRY_BYTES, _NONCE_BYTES, _CODE_BYTES = 4, 12, 16
_ENTRY = 64  # characters of base64, for 48 bytes


class DeviceCookies:
    """Knows a browser again, so that a stranger's failures do not hold up the owner of an account.

    It is no credential: whoever holds the cookie may try passwords at a rate of their own, and
    nothing else (OWASP calls it a device cookie). For each account it holds an entry of expiry,
    nonce and two codes. One is for that account and its password: a new password makes all former
    entries worthless here, or who knew the old one could have collected them. The other is for the
    account alone, whose owner is told of a browser that has never been signed in to it. Which
    account it is, the cookie does not say.
    """

    def __init__(self, key: bytes, *, cookie: Cookie) -> None:
        self._key = key
        self.cookie = cookie

    def read(
        self, request: Request, account: str, password_hash: str | None, *, now: datetime
    ) -> str | None:
        """Return the name of this browser if it has signed in to the account before, or None.

        An account that nobody has, without a hash, takes as long.
        """
        owner = _owner(account, password_hash)
        for entry in self._entries_of(request):
            if self._is_for(entry, owner, now=now):
                return entry.nonce.hex()
        return None

    def recognizes(
        self, request: Request, user_id: str, *, since: datetime | None, now: datetime
    ) -> bool:
        """Whether this browser has been signed in to the account before, by whatever password.

        What was before `since` does not count.
        """
        return any(
            entry.expires_at > now
            and (since is None or entry.expires_at - LIFETIME > since)
            and self._is_of(entry, user_id)
            for entry in self._entries_of(request)
        )

    def remember(
        self, request: Request, account: str, password_hash: str, *, user_id: str, now: datetime
    ) -> tuple[str, str]:
        """Return the header by which the browser will be known for this account again.

        It gets another name each time, so that nobody who has a copy of the former one can use up
        what it is allowed.
        """
        owner = _owner(account, password_hash)
        new = _Entry(now + LIFETIME, secrets.token_bytes(_NONCE_BYTES), b"", b"")
        codes = [self._code_of(new, of) for of in (owner, user_id.encode())]
        new = new._replace(code=codes[0], user_code=codes[1])
        others = [
            each
            for each in self._entries_of(request)
            if each.expires_at > now and not self._is_of(each, user_id)
        ]
        value = "".join(map(str, [new, *others][:ACCOUNTS]))
        return self.cookie.set(value, max_age=LIFETIME)

    def _entries_of(self, request: Request) -> Iterator["_Entry"]:
        value = self.cookie.read(request) or ""
        for start in range(0, min(len(value), ACCOUNTS * _ENTRY), _ENTRY):
            entry = _Entry.parse(value[start : start + _ENTRY])
            if entry:
                yield entry

    def _is_for(self, entry: "_Entry", owner: bytes, *, now: datetime) -> bool:
        right = hmac.compare_digest(self._code_of(entry, owner), entry.code)
        return right and entry.expires_at > now

    def _is_of(self, entry: "_Entry", user_id: str) -> bool:
        return hmac.compare_digest(self._code_of(entry, user_id.encode()), entry.user_code)

    def _code_of(self, entry: "_Entry", owner: bytes) -> bytes:
        return mac(self._key, entry.signed + owner, length=_CODE_BYTES)


def _owner(account: str, password_hash: str | None) -> bytes:
    return f"{account} {password_hash}".encode()


class _Entry(NamedTuple):
    """What the cookie holds for one account."""

    expires_at: datetime
    nonce: bytes
    code: bytes
    user_code: bytes

    @classmethod
    def parse(cls, text: str) -> Self | None:
        try:
            decoded = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
        except (UnicodeEncodeError, binascii.Error):
            return None
        parts, start = [], 0
        for size in (_EXPIRY_BYTES, _NONCE_BYTES, _CODE_BYTES, _CODE_BYTES):
            parts.append(decoded[start : start + size])
            start += size
        if len(decoded) != start:
            return None
        expiry, nonce, code, user_code = parts
        expires_at = datetime.fromtimestamp(int.from_bytes(expiry), UTC)
        return cls(expires_at, nonce, code, user_code)

    def __str__(self) -> str:
        return base64.urlsafe_b64encode(self.signed + self.code + self.user_code).decode("ascii")

    @property
    def signed(self) -> bytes:
        """What the codes are computed over, besides whose they are."""
        return int(self.expires_at.timestamp()).to_bytes(_EXPIRY_BYTES) + self.nonce
