"""Peppers: secrets outside the database that are mixed into password hashes."""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field

_PEPPERED = re.compile(r"pepper=([a-z0-9]{1,16})(\$.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Pepper:
    """A key without which a stolen hash cannot be cracked (NIST SP 800-63B-4, 3.1.1.2).

    Each hash made with it is preceded by the id, 1 to 16 of a-z and 0-9.
    """

    id: str
    secret: bytes = field(repr=False)

    def apply(self, password: str) -> str:
        """Return what is hashed instead of the password: its HMAC-SHA-256, in base64."""
        digest = hmac.digest(self.secret, password.encode("utf-8"), hashlib.sha256)
        return base64.b64encode(digest).decode("ascii")

    def tag(self, password_hash: str) -> str:
        """Return the hash preceded by the id: `pepper=<id>$argon2id$…`."""
        return f"pepper={self.id}{password_hash}"


def split_pepper(password_hash: str) -> tuple[str | None, str]:
    """Return the id of the pepper, or None, and the hash without it."""
    match = _PEPPERED.fullmatch(password_hash)
    return (match[1], match[2]) if match else (None, password_hash)
