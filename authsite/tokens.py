"""The random tokens of session cookies and email links, and keyed digests."""

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from typing import Self

#: 96 bits: ids never collide and cannot be enumerated.
ID_BYTES = 12
#: 256 bits, twice what ASVS 7.2.3 requires.
SECRET_BYTES = 32

_SECRET_SHAPE = re.compile(r"[A-Za-z0-9_-]{43}")
#: A token, and punctuation or space that a program took for a part of the link.
_SECRET_WITH_MORE = re.compile(r"([A-Za-z0-9_-]{43})[^A-Za-z0-9_-]{1,10}")
_ID_SHAPE = re.compile(r"[A-Za-z0-9_-]{16}")
_SHAPE = re.compile(r"([A-Za-z0-9_-]{16})\.([A-Za-z0-9_-]{43})")


def new_id() -> str:
    """Return a random id of 16 URL-safe characters (96 bits), for users and sessions."""
    return secrets.token_urlsafe(ID_BYTES)


def is_id(text: str) -> bool:
    """Whether `new_id` could have returned this; other texts need no query."""
    return _ID_SHAPE.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class SessionToken:
    """`id.secret` in the cookie; the table has the id and the secret's digest.

    A digest without salt or stretching is enough for a secret of 256 random bits (ASVS 11.5.1),
    which cannot be found by guessing.
    """

    id: str
    secret: str = field(repr=False)

    @classmethod
    def new(cls) -> Self:
        """Return a random token for a new session."""
        return cls.for_session(new_id())

    @classmethod
    def for_session(cls, session_id: str) -> Self:
        """Return a token with a new secret for the session with this id."""
        return cls(session_id, secrets.token_urlsafe(SECRET_BYTES))

    def rotated(self, key: bytes, salt: bytes) -> Self:
        """Return the token that replaces this one: of the same session, with another secret.

        Only the holder of this token, the key and the salt can compute it (256 bits of a MAC).
        """
        secret = mac(key, salt + self.secret.encode("ascii"), length=SECRET_BYTES)
        return type(self)(self.id, base64.urlsafe_b64encode(secret).rstrip(b"=").decode("ascii"))

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return the token, or None if the text is malformed."""
        match = _SHAPE.fullmatch(text)
        return cls(match[1], match[2]) if match else None

    def __str__(self) -> str:
        return f"{self.id}.{self.secret}"

    @property
    def digest(self) -> bytes:
        """SHA-256 of the secret, 32 bytes."""
        return hashlib.sha256(self.secret.encode("ascii")).digest()

    def matches(self, digest: bytes) -> bool:
        """Whether this is the digest of the secret, compared in constant time (ASVS 11.2.4)."""
        return hmac.compare_digest(self.digest, digest)


@dataclass(frozen=True, slots=True)
class LinkToken:
    """The secret of an email link; the table has its digest."""

    secret: str = field(repr=False)

    @classmethod
    def new(cls) -> Self:
        """Return a random token of 256 bits."""
        return cls(secrets.token_urlsafe(SECRET_BYTES))

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return the token, or None if the text is malformed."""
        return cls(text) if _SECRET_SHAPE.fullmatch(text) else None

    @classmethod
    def parse_beginning(cls, text: str) -> Self | None:
        """Return the token if only characters that no token has follow it; otherwise None."""
        match = _SECRET_WITH_MORE.fullmatch(text)
        return cls(match[1]) if match else None

    def __str__(self) -> str:
        return self.secret

    @property
    def digest(self) -> bytes:
        """SHA-256 of the secret, 32 bytes."""
        return hashlib.sha256(self.secret.encode("ascii")).digest()


DIGEST_BYTES = 32


def derive_key(secret: bytes, purpose: bytes) -> bytes:
    """Return a key for one purpose, so that no digest is valid for another (ASVS 9.2.4)."""
    return mac(hashlib.sha256(secret).digest(), b"authsite " + purpose)


def mac(key: bytes, message: bytes, *, length: int = DIGEST_BYTES) -> bytes:
    """Return the keyed BLAKE2b of the message (RFC 7693), `length` bytes."""
    return hashlib.blake2b(message, key=key, digest_size=length).digest()
