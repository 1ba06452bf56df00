"""PBKDF2 hashes (RFC 8018) in the spellings of Django, Werkzeug and passlib."""

import base64
import hashlib
import hmac
import re

from authsite.passwords.legacy_hashes.base64_text import decode_adapted_base64
from authsite.passwords.legacy_hashes.legacy_hash import LegacyHash, Parts

#: Limits on one verification: about a second of a core.
MAX_ITERATIONS = 4_000_000
MAX_SHA512_ITERATIONS = MAX_ITERATIONS // 2

#: The digests with their sizes in bytes.
DIGESTS = {"sha1": 20, "sha256": 32, "sha512": 64}

_ITERATIONS = r"(?P<iterations>[1-9][0-9]{0,11})\$"
_TEXT_SALT = r"(?P<salt>[!-#%-~]{1,128})\$"


def django_pattern(digest: str) -> re.Pattern[str]:
    """Return the pattern of what follows `pbkdf2_sha256$`: the digest is in base64."""
    length = len(base64.b64encode(bytes(DIGESTS[digest])).rstrip(b"="))
    equals = "=" * (-length % 4)
    return re.compile(f"{_ITERATIONS}{_TEXT_SALT}(?P<digest>[A-Za-z0-9+/]{{{length}}}{equals})")


def werkzeug_pattern(digest: str) -> re.Pattern[str]:
    """Return the pattern of what follows `pbkdf2:sha256:`: the digest is hexadecimal."""
    return re.compile(
        rf"{_ITERATIONS}(?P<salt>[!-#%-~]{{2,64}})\$(?P<digest>[0-9a-f]{{{2 * DIGESTS[digest]}}})"
    )


def passlib_pattern(digest: str) -> re.Pattern[str]:
    """Return the pattern of what follows `$pbkdf2-sha256$`: salt and digest are in base64."""
    length = len(base64.b64encode(bytes(DIGESTS[digest])).rstrip(b"="))
    return re.compile(
        rf"{_ITERATIONS}(?P<salt>[./A-Za-z0-9]{{6,120}})\$(?P<digest>[./A-Za-z0-9]{{{length}}})"
    )


def parse_django_pbkdf2(parts: Parts, *, digest: str) -> LegacyHash:
    """Return the hash, which has a salt of text."""
    return _pbkdf2(parts, digest, parts["salt"].encode("ascii"), base64.b64decode(parts["digest"]))


def parse_werkzeug_pbkdf2(parts: Parts, *, digest: str) -> LegacyHash:
    """Return the hash, which has a salt of text."""
    return _pbkdf2(parts, digest, parts["salt"].encode("ascii"), bytes.fromhex(parts["digest"]))


def parse_passlib_pbkdf2(parts: Parts, *, digest: str) -> LegacyHash | None:
    """Return the hash, which has a salt of bytes; None if the base64 is not canonical."""
    salt, computed = (decode_adapted_base64(parts[name]) for name in ("salt", "digest"))
    return None if salt is None or computed is None else _pbkdf2(parts, digest, salt, computed)


def _pbkdf2(parts: Parts, digest: str, salt: bytes, expected: bytes) -> LegacyHash:
    iterations = int(parts["iterations"])

    def verify(password: bytes) -> bool:
        computed = hashlib.pbkdf2_hmac(digest, password, salt, iterations)
        return hmac.compare_digest(computed, expected)

    limit = MAX_SHA512_ITERATIONS if digest == "sha512" else MAX_ITERATIONS
    return LegacyHash(iterations <= limit, verify)
