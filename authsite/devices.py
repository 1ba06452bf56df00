"""The device cookie: in which accounts a browser has been signed in before."""

import base64
import binascii
import hmac
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Self

from pyramid.request import Request

from authsite.cookies import Cookie
from authsite.macs import mac

#: As long as people stay away from an account and come back to it.
LIFETIME = timedelta(days=365)
#: Accounts that one browser remembers; the one used last comes first.
ACCOUNTS = 4

_EXPIRY_BYTES, _NONCE_BYTES, _CODE_BYTES = 4, 13, 16
_ENTRY = 44  # characters of base64, for 33 bytes


class Devices:
    """Knows a browser again, so that a stranger's failures do not hold up the owner of an account.

    It is no credential: whoever holds the cookie may try passwords at a rate of their own, and
    nothing else (OWASP calls it a device cookie). For each account it holds an entry of expiry,
    nonce and code, signed for that account and its password: a new password makes all former
    entries worthless, or who knew the old one could have collected them. Which account it is, the
    cookie does not say.
    """

    def __init__(self, key: bytes, *, cookie: Cookie) -> None:
        self._key = key
        self.cookie = cookie

    def device_of(
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

    def remember(
        self, request: Request, account: str, password_hash: str, *, now: datetime
    ) -> tuple[str, str]:
        """Return the header by which the browser will be known for this account again.

        It gets another name each time, so that nobody who has a copy of the former one can use up
        what it is allowed.
        """
        owner = _owner(account, password_hash)
        new = _Entry(now + LIFETIME, secrets.token_bytes(_NONCE_BYTES), b"")
        new = new._replace(code=self._code_of(new, owner))
        others = [
            each
            for each in self._entries_of(request)
            if each.expires_at > now and not self._is_for(each, owner, now=now)
        ]
        value = "".join(map(str, [new, *others][:ACCOUNTS]))
        return self.cookie.set(value, max_age=LIFETIME)

    def _entries_of(self, request: Request) -> Iterator["_Entry"]:
        value = self.cookie.of(request) or ""
        for start in range(0, min(len(value), ACCOUNTS * _ENTRY), _ENTRY):
            entry = _Entry.parse(value[start : start + _ENTRY])
            if entry:
                yield entry

    def _is_for(self, entry: "_Entry", owner: bytes, *, now: datetime) -> bool:
        right = hmac.compare_digest(self._code_of(entry, owner), entry.code)
        return right and entry.expires_at > now

    def _code_of(self, entry: "_Entry", owner: bytes) -> bytes:
        return mac(self._key, entry.signed + owner, length=_CODE_BYTES)


def _owner(account: str, password_hash: str | None) -> bytes:
    return f"{account} {password_hash}".encode()


class _Entry(NamedTuple):
    """What the cookie holds for one account."""

    expires_at: datetime
    nonce: bytes
    code: bytes

    @classmethod
    def parse(cls, text: str) -> Self | None:
        try:
            decoded = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
        except (UnicodeEncodeError, binascii.Error):
            return None
        if len(decoded) != _EXPIRY_BYTES + _NONCE_BYTES + _CODE_BYTES:
            return None
        seconds = int.from_bytes(decoded[:_EXPIRY_BYTES])
        rest = decoded[_EXPIRY_BYTES:]
        return cls(datetime.fromtimestamp(seconds, UTC), rest[:_NONCE_BYTES], rest[_NONCE_BYTES:])

    def __str__(self) -> str:
        return base64.urlsafe_b64encode(self.signed + self.code).decode("ascii")

    @property
    def signed(self) -> bytes:
        """What the code is computed over, besides the account."""
        return int(self.expires_at.timestamp()).to_bytes(_EXPIRY_BYTES) + self.nonce
