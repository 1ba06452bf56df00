"""How a password is kept: Argon2id, NFC, never cut short."""

import base64
import os
import secrets
import unicodedata

from argon2 import PasswordHasher as Argon2
from argon2.exceptions import VerificationError

from authsite.hash_queue import HashQueue

#: Long enough for any sentence; a bound, so that nobody can make the site hash a book.
MAXIMUM_LENGTH = 256

_SALT_BYTES = 16
_HASH_BYTES = 32


def normalized(password: str) -> str:
    """Return the password in NFC, the form that is counted and hashed (NIST SP 800-63B-4, 3.1.1.2).

    Keyboards differ in how they compose the same letters; nothing else is changed.
    """
    return unicodedata.normalize("NFC", password)


class PasswordHasher:
    """Argon2id on a few threads of its own, so that a flood of sign-ins leaves the site alive.

    `memory_cost` is in KiB. At most `concurrency` hashes run at a time and at most `queue` wait;
    who comes after that meets `HashQueueFull` at once, from `hash` as from `matches`.
    """

    def __init__(
        self,
        *,
        time_cost: int,
        memory_cost: int,
        parallelism: int,
        concurrency: int = 0,
        queue: int = 64,
    ) -> None:
        self._argon2 = Argon2(
            time_cost=time_cost,
            memory_cost=memory_cost,
            parallelism=parallelism,
            hash_len=_HASH_BYTES,
            salt_len=_SALT_BYTES,
        )
        self._queue = HashQueue(threads=concurrency or os.cpu_count() or 1, waiting=queue)
        # Nobody's hash, with the parameters of everybody's: an unknown address costs the same.
        salt, digest = (
            base64.b64encode(secrets.token_bytes(length)).rstrip(b"=").decode("ascii")
            for length in (_SALT_BYTES, _HASH_BYTES)
        )
        costs = f"m={memory_cost},t={time_cost},p={parallelism}"
        self._nobodys_hash = f"$argon2id$v=19${costs}${salt}${digest}"

    def hash(self, password: str) -> str:
        """Return the PHC string of a new salted hash."""
        return self._queue.run(self._argon2.hash, normalized(password))

    def matches(self, password_hash: str | None, password: str) -> bool:
        """Whether `password` is the one that was hashed; None takes as long and is never true."""
        known = password_hash is not None
        candidate = password_hash if password_hash is not None else self._nobodys_hash
        return self._queue.run(self._verify, candidate, normalized(password)) and known

    def is_outdated(self, password_hash: str) -> bool:
        """Whether the hash was made with other parameters than today's (ASVS 11.2.2)."""
        return self._argon2.check_needs_rehash(password_hash)

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._argon2.verify(password_hash, password)
        except (VerificationError, ValueError):  # another password, or no hash at all
            return False
