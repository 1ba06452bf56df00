"""The portable hashes of phpass, which WordPress before 6.8 and phpBB store: iterated MD5.

MD5 is computed fast, so the passwords of a leaked table are guessed fast. They are accepted because
the first sign-in replaces them.
"""

import hashlib
import hmac
import re
import threading
import time
from functools import partial

from authsite.passwords.legacy_hashes.legacy_hash import LegacyHash, Parts, wordpress

_ALPHABET = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#: Binary logarithm of the number of iterations: passlib's default, which takes a fifth of a second.
#: WordPress has 13.
MAX_PHPASS_LOG2 = 19
#: MD5 of so little data holds the interpreter's lock, which the threads of pages need: one hash is
#: computed at a time, with a pause of so many seconds before each block of iterations.
_BLOCK, _PAUSE = 512, 0.00002
_ONE_AT_A_TIME = threading.Lock()

#: Also where a policy of the system forbids MD5: the first sign-in ends its use.
_MD5 = partial(hashlib.md5, usedforsecurity=False)

PHPASS = re.compile(
    r"(?P<log2>[5-9A-S])(?P<salt>[./0-9A-Za-z]{8})(?P<digest>[./0-9A-Za-z]{21}[./01])"
)


def parse_phpass(parts: Parts) -> LegacyHash:
    """Return the hash."""
    log2 = _ALPHABET.index(parts["log2"])
    salt, digest = parts["salt"].encode("ascii"), parts["digest"]

    def verify(password: bytes) -> bool:
        computed = _MD5(salt + password).digest()
        with _ONE_AT_A_TIME:
            for number in range(2**log2):
                if number % _BLOCK == 0:
                    time.sleep(_PAUSE)
                computed = _MD5(computed + password).digest()
        return hmac.compare_digest(_encode(computed), digest)

    return LegacyHash(log2 <= MAX_PHPASS_LOG2, verify, wordpress)


def _encode(digest: bytes) -> str:
    """Return the digits of base 64, the least significant one of each three bytes first."""
    text = ""
    for start in range(0, len(digest), 3):
        block = digest[start : start + 3]
        number = int.from_bytes(block, "little")
        text += "".join(_ALPHABET[number >> 6 * place & 63] for place in range(len(block) + 1))
    return text
