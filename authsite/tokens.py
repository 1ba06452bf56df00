"""Secrets that are handed out: what a session cookie carries, and what a link does."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from typing import Self

#: 96 bits: enough that ids never collide and cannot be counted through.
ID_BYTES = 12
#: 256 bits, twice what ASVS 7.2.3 asks for.
SECRET_BYTES = 32

_SECRET_SHAPE = re.compile(r"[A-Za-z0-9_-]{43}")
_ID_SHAPE = re.compile(r"[A-Za-z0-9_-]{16}")
_SHAPE = re.compile(r"([A-Za-z0-9_-]{16})\.([A-Za-z0-9_-]{43})")


def new_id() -> str:
    """Return a random id of 16 URL-safe characters (96 bits), for users and sessions."""
    return secrets.token_urlsafe(ID_BYTES)


def is_id(text: str) -> bool:
    """Whether `new_id` could have returned this; no database need be asked for anything else."""
    return _ID_SHAPE.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class SessionToken:
    """`id.secret`, as the cookie holds it; the table holds the id and the secret's digest.

    A digest without salt or stretching is enough for a secret of 256 random bits (ASVS 11.5.1):
    nobody can try them all, and whoever reads the table cannot sign in with what is there.
    """

    id: str
    secret: str = field(repr=False)

    @classmethod
    def new(cls) -> Self:
        """Return a token that nobody has seen, from the operating system's generator."""
        return cls.for_session(new_id())

    @classmethod
    def for_session(cls, session_id: str) -> Self:
        """Return a token with a new secret for the session that has this id."""
        return cls(session_id, secrets.token_urlsafe(SECRET_BYTES))

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return the token that `text` spells, or None when it spells none."""
        match = _SHAPE.fullmatch(text)
        return cls(match[1], match[2]) if match else None

    def __str__(self) -> str:
        return f"{self.id}.{self.secret}"

    @property
    def digest(self) -> bytes:
        """SHA-256 of the secret, 32 bytes."""
        return hashlib.sha256(self.secret.encode("ascii")).digest()

    def matches(self, digest: bytes) -> bool:
        """Whether `digest` is that of this secret, compared in constant time (ASVS 11.2.4)."""
        return hmac.compare_digest(self.digest, digest)


@dataclass(frozen=True, slots=True)
class LinkToken:
    """What a link carries that was sent by mail; the table holds its digest."""

    secret: str = field(repr=False)

    @classmethod
    def new(cls) -> Self:
        """Return a token that nobody has seen, of 256 bits from the operating system."""
        return cls(secrets.token_urlsafe(SECRET_BYTES))

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return the token that `text` spells, or None when it spells none."""
        return cls(text) if _SECRET_SHAPE.fullmatch(text) else None

    def __str__(self) -> str:
        return self.secret

    @property
    def digest(self) -> bytes:
        """SHA-256 of the secret, 32 bytes."""
        return hashlib.sha256(self.secret.encode("ascii")).digest()


DIGEST_BYTES = 32


def derive_key(secret: bytes, purpose: bytes) -> bytes:
    """Return a key of its own for each purpose, so that no code passes for another (ASVS 9.2.4)."""
    return mac(hashlib.sha256(secret).digest(), b"authsite " + purpose)


def mac(key: bytes, message: bytes, *, length: int = DIGEST_BYTES) -> bytes:
    """Return the keyed BLAKE2b of the message (RFC 7693), `length` bytes."""
    return hashlib.blake2b(message, key=key, digest_size=length).digest()
