"""How a password is kept: Argon2id, NFC, never cut short."""

import base64
import logging
import os
import secrets
import unicodedata
from collections.abc import Sequence
from contextlib import AbstractContextManager

from argon2 import PasswordHasher as Argon2

from authsite.passwords.argon2 import verify_argon2
from authsite.passwords.hash_queue import NULL_OBSERVER, HashObserver, HashQueue, Slot
from authsite.passwords.legacy_hashes import parse_legacy_hash
from authsite.passwords.peppers import Pepper, split_pepper

log = logging.getLogger(__name__)

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
    who comes after that meets `HashQueueFull` at once, from `hash` as from `matches`, unless they
    are called within a turn.

    Of the peppers the first goes into new hashes; the others are there for hashes made with them.
    """

    def __init__(
        self,
        *,
        time_cost: int,
        memory_cost: int,
        parallelism: int,
        concurrency: int = 0,
        queue: int = 64,
        peppers: Sequence[Pepper] = (),
        watch: HashObserver = NULL_OBSERVER,
    ) -> None:
        self._argon2 = Argon2(
            time_cost=time_cost,
            memory_cost=memory_cost,
            parallelism=parallelism,
            hash_len=_HASH_BYTES,
            salt_len=_SALT_BYTES,
        )
        threads = concurrency or os.cpu_count() or 1
        self._queue = HashQueue(threads=threads, waiting=queue, watch=watch)
        self._peppers = {pepper.id: pepper for pepper in peppers}
        self._pepper = peppers[0] if peppers else None
        # Nobody's hash, with the parameters of everybody's: an unknown address costs the same.
        salt, digest = (
            base64.b64encode(secrets.token_bytes(length)).rstrip(b"=").decode("ascii")
            for length in (_SALT_BYTES, _HASH_BYTES)
        )
        costs = f"m={memory_cost},t={time_cost},p={parallelism}"
        self._dummy_hash = self._marked(f"$argon2id$v=19${costs}${salt}${digest}")
        self._nobodys_pepper = Pepper("", secrets.token_bytes(_HASH_BYTES))
        self._missed: set[str] = set()

    @property
    def queue(self) -> HashQueue:
        """What hashes wait in, for those who watch it."""
        return self._queue

    def slot(self) -> AbstractContextManager[Slot]:
        """Return a block that begins when its turn to hash has come.

        Raises `HashQueueFull` instead when too many wait.
        """
        return self._queue.slot()

    def hash(self, password: str, *, within: Slot | None = None) -> str:
        """Return the PHC string of a new salted hash, with the pepper's id before it."""
        return (within or self._queue).run(self._hash, normalized(password))

    def verify(
        self, password_hash: str | None, password: str, *, within: Slot | None = None
    ) -> bool:
        """Whether `password` is the one that was hashed; None takes as long and is never true.

        Hashes that other systems made are known too, and take what they take.
        """
        known = password_hash is not None
        candidate = password_hash if password_hash is not None else self._dummy_hash
        return (within or self._queue).run(self._verify, candidate, password) and known

    def is_outdated(self, password_hash: str) -> bool:
        """Whether parameters or pepper are other ones than today's (ASVS 11.2.2).

        A hash that another system made is.
        """
        if parse_legacy_hash(password_hash):
            return True
        pepper, unpeppered = split_pepper(password_hash)
        current = self._pepper.id if self._pepper else None
        return pepper != current or self._argon2.check_needs_rehash(unpeppered)

    def _marked(self, password_hash: str) -> str:
        return self._pepper.tag(password_hash) if self._pepper else password_hash

    def _hash(self, password: str) -> str:
        if self._pepper:
            password = self._pepper.apply(password)
        return self._marked(self._argon2.hash(password))

    def _verify(self, password_hash: str, password: str) -> bool:
        foreign = parse_legacy_hash(password_hash)
        if foreign:
            return foreign.verify(password)
        pepper, unpeppered = split_pepper(password_hash)
        password = normalized(password)
        if pepper is not None:
            password = self._pepper_of_id(pepper).apply(password)
        return verify_argon2(unpeppered, password)

    def _pepper_of_id(self, pepper_id: str) -> Pepper:
        """Return the pepper, or in its place one of nobody's, with which no password matches."""
        if pepper_id not in self._peppers and pepper_id not in self._missed:
            self._missed.add(pepper_id)
            log.error("sys_pepper_missing: some hashes need pepper %s, which is not set", pepper_id)
        return self._peppers.get(pepper_id, self._nobodys_pepper)
