"""bcrypt hashes, of the password or of a digest that is not limited to 72 bytes."""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable

import bcrypt

from authsite.passwords.legacy_hashes.legacy_hash import LegacyHash, Parts, Spellings, nfc

#: A limit on one verification: about a second of a core.
MAX_BCRYPT_ROUNDS = 14
#: bcrypt ignores the rest of a password. Devise, Rails and Django truncate it, or let bcrypt do so.
_BCRYPT_BYTES = 72
#: Separates the digests of WordPress 6.8 from those of other programs.
_WORDPRESS_KEY = b"wp-sha384"

_SALT_AND_DIGEST = r"\$(?P<salt>[./A-Za-z0-9]{22})%s(?P<digest>[./A-Za-z0-9]{31})"
BCRYPT = re.compile(
    r"\$(?P<version>2[aby])\$(?P<rounds>0[4-9]|[12][0-9]|3[01])" + _SALT_AND_DIGEST % ""
)
#: Of `bcrypt_sha256` in passlib, whose costs have no zeros before them.
PASSLIB_BCRYPT = re.compile(
    r"(?:v=(?P<scheme>2),t=)?(?P<version>2[ab]),(?(scheme)r=)(?P<rounds>[4-9]|[12][0-9]|3[01])"
    + _SALT_AND_DIGEST % r"\$"
)


def truncate(password: bytes) -> bytes:
    """Return what bcrypt uses of a password."""
    return password[:_BCRYPT_BYTES]


def django_sha256(password: bytes) -> bytes:
    """Return what Django's `bcrypt_sha256` hashes."""
    return hashlib.sha256(password).hexdigest().encode("ascii")


def wordpress_sha384(password: bytes) -> bytes:
    """Return what WordPress 6.8 hashes."""
    return base64.b64encode(hmac.digest(_WORDPRESS_KEY, password, "sha384"))


def parse_bcrypt(
    parts: Parts,
    *,
    prepare: Callable[[bytes], bytes] = truncate,
    spellings: Spellings = nfc,
) -> LegacyHash:
    """Return the hash of what `prepare` makes of a password."""
    rounds = int(parts["rounds"])
    salt_and_digest = f"{parts['salt']}{parts['digest']}"
    mcf = f"${parts['version']}${rounds:02}${salt_and_digest}".encode("ascii")

    def verify(password: bytes) -> bool:
        try:
            return bcrypt.checkpw(prepare(password), mcf)
        except ValueError:  # an invalid salt
            return False

    return LegacyHash(rounds <= MAX_BCRYPT_ROUNDS, verify, spellings)


def parse_passlib_bcrypt(parts: Parts) -> LegacyHash:
    """Return the hash of a SHA-256, since version 2 of a HMAC whose key is the salt."""
    salt = parts["salt"].encode("ascii")

    def prepare(password: bytes) -> bytes:
        if parts["scheme"]:
            return base64.b64encode(hmac.digest(salt, password, "sha256"))
        return base64.b64encode(hashlib.sha256(password).digest())

    return parse_bcrypt(parts, prepare=prepare)
