"""Hashing and verifying passwords: Argon2id over NFC, never truncated."""

import base64
import logging
import secrets
import unicodedata
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager

from argon2 import PasswordHasher as Argon2

from authsite.passwords.argon2 import verify_argon2
from authsite.passwords.cores import available_cores
from authsite.passwords.dummy_hashes import DummyHashes
from authsite.passwords.hash_queue import NULL_OBSERVER, HashObserver, HashQueue, Slot
from authsite.passwords.legacy_hashes.formats import parse_legacy_hash
from authsite.passwords.peppers import Pepper, split_pepper
from authsite.passwords.places import HashClient

log = logging.getLogger(__name__)

#: Upper bound, so that long input cannot be used to exhaust the CPU.
MAXIMUM_LENGTH = 256

_SALT_BYTES = 16
_HASH_BYTES = 32


def normalized(password: str) -> str:
    """Return the password in NFC, the form that is counted and hashed (NIST SP 800-63B-4, 3.1.1.2).

    Keyboards compose the same letters in different ways; nothing else is changed.
    """
    return unicodedata.normalize("NFC", password)


class PasswordHasher:
    """Argon2id on a few threads of its own, so that many sign-ins do not block the site.

    `memory_cost` is in KiB. At most `concurrency` hashes are computed at a time and at most `queue`
    wait; beyond that, `hash` and `verify` raise `HashQueueFull` unless they are given a slot. By
    default one is computed per available core.

    New hashes use the first pepper; the others are for hashes made with them. `dummy_key` is the
    key by which unknown email addresses are assigned dummy hashes (default: a random one).
    """

    def __init__(
        self,
        *,
        time_cost: int,
        memory_cost: int,
        parallelism: int,
        concurrency: int = 0,
        queue: int = 64,
        cores: Collection[int] = (),
        peppers: Sequence[Pepper] = (),
        dummy_key: bytes | None = None,
        observer: HashObserver = NULL_OBSERVER,
    ) -> None:
        self._argon2 = Argon2(
            time_cost=time_cost,
            memory_cost=memory_cost,
            parallelism=parallelism,
            hash_len=_HASH_BYTES,
            salt_len=_SALT_BYTES,
        )
        threads = concurrency or available_cores(cores)
        self._queue = HashQueue(threads=threads, waiting=queue, cores=cores, observer=observer)
        self._peppers = {pepper.id: pepper for pepper in peppers}
        self._pepper = peppers[0] if peppers else None
        salt, digest = (
            base64.b64encode(secrets.token_bytes(length)).rstrip(b"=").decode("ascii")
            for length in (_SALT_BYTES, _HASH_BYTES)
        )
        costs = f"m={memory_cost},t={time_cost},p={parallelism}"
        #: What unknown email addresses are checked against, so that they cost a hash too.
        self.dummy_hashes = DummyHashes(
            self._tagged(f"$argon2id$v=19${costs}${salt}${digest}"),
            key=dummy_key or secrets.token_bytes(_HASH_BYTES),
        )
        self._dummy_pepper = Pepper("", secrets.token_bytes(_HASH_BYTES))
        self._missing_peppers: set[str] = set()

    @property
    def queue(self) -> HashQueue:
        """The queue of hashes, for metrics."""
        return self._queue

    def slot(self, client: HashClient) -> AbstractContextManager[Slot]:
        """Return a block that begins when a slot is free for the client.

        Raises `HashQueueFull` if it has its share of the queue already, or no place is left.
        """
        return self._queue.slot(client)

    def hash(self, password: str, *, within: Slot | None = None) -> str:
        """Return the PHC string of a new salted hash, preceded by the pepper's id."""
        return (within or self._queue).run(self._hash, normalized(password))

    def verify(
        self,
        password_hash: str | None,
        password: str,
        *,
        email_normalized: str = "",
        within: Slot | None = None,
    ) -> bool:
        """Whether the password matches the hash.

        For None it is False, after the time of the dummy hash of this email address. Legacy hashes
        are verified too, at their own costs.
        """
        exists = password_hash is not None
        candidate = (
            self.dummy_hashes.choose(email_normalized) if password_hash is None else password_hash
        )
        return (within or self._queue).run(self._verify, candidate, password) and exists

    def is_outdated(self, password_hash: str) -> bool:
        """Whether it is a legacy hash, or has other parameters or another pepper (ASVS 11.2.2)."""
        if parse_legacy_hash(password_hash):
            return True
        pepper, unpeppered = split_pepper(password_hash)
        current = self._pepper.id if self._pepper else None
        return pepper != current or self._argon2.check_needs_rehash(unpeppered)

    def _tagged(self, password_hash: str) -> str:
        return self._pepper.tag(password_hash) if self._pepper else password_hash

    def _hash(self, password: str) -> str:
        if self._pepper:
            password = self._pepper.apply(password)
        return self._tagged(self._argon2.hash(password))

    def _verify(self, password_hash: str, password: str) -> bool:
        legacy_hash = parse_legacy_hash(password_hash)
        if legacy_hash:
            return legacy_hash.verify(password)
        pepper, unpeppered = split_pepper(password_hash)
        password = normalized(password)
        if pepper is not None:
            password = self._get_pepper(pepper).apply(password)
        return verify_argon2(unpeppered, password)

    def _get_pepper(self, pepper_id: str) -> Pepper:
        """Return the pepper; if it is missing, one with which no password matches."""
        if pepper_id not in self._peppers and pepper_id not in self._missing_peppers:
            self._missing_peppers.add(pepper_id)
            log.error("sys_pepper_missing: some hashes need pepper %s, which is not set", pepper_id)
        return self._peppers.get(pepper_id, self._dummy_pepper)
