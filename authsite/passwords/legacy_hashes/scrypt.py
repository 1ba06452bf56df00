"""scrypt hashes (RFC 7914) in the spellings of Django, Werkzeug, PHC, Lucia and Better Auth."""

import base64
import hashlib
import hmac
import re
from typing import NamedTuple

from authsite.passwords.legacy_hashes.argon2 import MAX_KIB
from authsite.passwords.legacy_hashes.base64_text import decode_base64
from authsite.passwords.legacy_hashes.legacy_hash import LegacyHash, Parts, Spellings, nfc, nfkc

#: A limit on one verification, N*r*p: about a second of a core. Memory has that of Argon2.
MAX_SCRYPT_BLOCKS = 2**21

_N = r"(?P<n>[1-9][0-9]{0,11})"
_R = r"(?P<r>[1-9][0-9]{0,5})"
_P = r"(?P<p>[1-9][0-9]{0,5})"
DJANGO_SCRYPT = re.compile(
    rf"{_N}\$(?P<salt>[!-#%-~]{{1,128}})\${_R}\${_P}\$(?P<digest>[A-Za-z0-9+/]{{86}}==)"
)
WERKZEUG_SCRYPT = re.compile(
    rf"{_N}:{_R}:{_P}\$(?P<salt>[!-#%-~]{{2,64}})\$(?P<digest>[0-9a-f]{{128}})"
)
#: Of 32 or 64 bytes. The beginning of a digest is a shorter digest of the same password, so that
#: a hash that was cut off must not be accepted.
PHC_SCRYPT = re.compile(
    rf"ln=(?P<ln>[1-9][0-9]?),r={_R},p={_P}"
    r"\$(?P<salt>[A-Za-z0-9+/]{6,86})\$(?P<digest>[A-Za-z0-9+/]{43}(?:[A-Za-z0-9+/]{43})?)"
)
#: Lucia's format does not contain the costs. Better Auth has taken it over.
LUCIA_SCRYPT = re.compile(r"(?P<salt>[0-9a-f]{32}):(?P<digest>[0-9a-f]{128})")


class _Costs(NamedTuple):
    n: int
    r: int
    p: int

    @property
    def are_affordable(self) -> bool:
        """Whether scrypt accepts them, and we do; N must be a power of two."""
        memory = 128 * self.r * (self.n + self.p + 2)  # RFC 7914, 6: all blocks and a working one
        is_valid = self.n.bit_count() == 1 < self.n and self.n.bit_length() <= 16 * self.r
        blocks = self.n * self.r * self.p
        return is_valid and blocks <= MAX_SCRYPT_BLOCKS and memory <= MAX_KIB * 1024


def parse_django_scrypt(parts: Parts) -> LegacyHash:
    """Return the hash, whose digest is in base64."""
    digest = base64.b64decode(parts["digest"])
    return _scrypt(digest, salt=parts["salt"].encode("ascii"), costs=_costs(parts))


def parse_werkzeug_scrypt(parts: Parts) -> LegacyHash:
    """Return the hash, whose digest is hexadecimal."""
    digest = bytes.fromhex(parts["digest"])
    return _scrypt(digest, salt=parts["salt"].encode("ascii"), costs=_costs(parts))


def parse_phc_scrypt(parts: Parts) -> LegacyHash | None:
    """Return the hash; None if the base64 is not canonical."""
    salt, digest = (decode_base64(parts[name]) for name in ("salt", "digest"))
    if salt is None or digest is None:
        return None
    costs = _Costs(2 ** int(parts["ln"]), int(parts["r"]), int(parts["p"]))
    return _scrypt(digest, salt=salt, costs=costs)


def parse_lucia_scrypt(parts: Parts) -> LegacyHash:
    """Return the hash, whose salt is the text of its hexadecimal digits."""
    digest = bytes.fromhex(parts["digest"])
    salt = parts["salt"].encode("ascii")
    return _scrypt(digest, salt=salt, costs=_Costs(2**14, 16, 1), spellings=nfkc)


def _costs(parts: Parts) -> _Costs:
    return _Costs(*(int(parts[name]) for name in "nrp"))


def _scrypt(digest: bytes, *, salt: bytes, costs: _Costs, spellings: Spellings = nfc) -> LegacyHash:
    def verify(password: bytes) -> bool:
        computed = hashlib.scrypt(
            password,
            salt=salt,
            n=costs.n,
            r=costs.r,
            p=costs.p,
            maxmem=2 * MAX_KIB * 1024,
            dklen=len(digest),
        )
        return hmac.compare_digest(computed, digest)

    return LegacyHash(costs.are_affordable, verify, spellings)
