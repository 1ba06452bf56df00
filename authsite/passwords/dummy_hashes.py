"""Dummy hashes for unknown email addresses, with the costs of the hashes in the table."""

import secrets
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from itertools import accumulate
from typing import NamedTuple

from authsite.passwords.legacy_hashes.formats import HashParts, split_hash
from authsite.tokens import mac

#: Hexadecimal digits are in the alphabets of all formats, but base64 and bcrypt restrict the last
#: characters of salt and digest, which are therefore kept.
_KEPT = 2
_DRAW_BITS = 64


class _Distribution(NamedTuple):
    """Dummy hashes; `ends` counts the stored hashes up to the end of each one's format."""

    hashes: list[str]
    ends: list[int]


class DummyHashes:
    """Chooses the hash that is verified for an email address without an account.

    Imported and outdated hashes have formats of their own, each with its own time. Unknown email
    addresses get dummy hashes of the same formats in the same shares, so that no time belongs to
    accounts only (ASVS 6.3.8). The choice is keyed: an email address keeps its format until the
    shares change, and an attacker cannot compute it.

    `current` is a dummy hash with the costs of new hashes, used while there is no stored one.
    """

    def __init__(self, current: str, *, key: bytes) -> None:
        parts = split_hash(current)
        self._current_format = parts and _format_of(parts)
        self._key = key
        self._distribution = _Distribution([current], [1])

    def choose(self, email_normalized: str) -> str:
        """Return the dummy hash of this email address, which no password matches."""
        hashes, ends = self._distribution
        digest = mac(self._key, email_normalized.encode("utf-8"), length=_DRAW_BITS // 8)
        position = int.from_bytes(digest, "big") * ends[-1] >> _DRAW_BITS
        return hashes[bisect_right(ends, position)]

    def update(self, stored: Iterable[str]) -> None:
        """Give the dummy hashes the formats and shares of these stored hashes, if there are any.

        The current format is last: as users sign in and its share grows, unknown email addresses
        change to it, as accounts do, and never back.
        """
        counts: Counter[str] = Counter()
        dummies: dict[str, str] = {}
        for parts in filter(None, map(split_hash, stored)):
            hash_format = _format_of(parts)
            counts[hash_format] += 1
            if hash_format not in dummies:
                dummies[hash_format] = _dummy_like(parts)
        if counts:
            formats = sorted(counts, key=lambda each: (each == self._current_format, each))
            ends = list(accumulate(counts[each] for each in formats))
            self._distribution = _Distribution([dummies[each] for each in formats], ends)


def _format_of(parts: HashParts) -> str:
    """Return what the cost depends on: all but salt and digest."""
    return f"{parts.before}{parts.between}"


def _dummy_like(parts: HashParts) -> str:
    """Return a hash of this format with a random salt and digest of the same lengths."""
    salt, digest = (
        f"{secrets.token_hex(len(part))[: len(part) - _KEPT]}{part[-_KEPT:]}"
        for part in (parts.salt, parts.digest)
    )
    return f"{parts.before}{salt}{parts.between}{digest}"
