"""Argon2 hashes, as PHC strings (RFC 9106)."""

import re

from authsite.passwords.argon2 import verify_argon2
from authsite.passwords.legacy_hashes.base64_text import decode_base64
from authsite.passwords.legacy_hashes.legacy_hash import LegacyHash, Parts, Spellings

#: Limits on one verification: about a second of a core, and a quarter of a GiB. An imported hash
#: that costs more could block all sign-ins.
MAX_KIB = 256 * 1024
MAX_ARGON2_KIB_PASSES = 1024 * 1024
MAX_LANES = 16
#: KiB that Argon2 needs for each lane (RFC 9106, 3.1).
_MIN_KIB_PER_LANE = 8

ARGON2 = re.compile(
    r"(?P<phc>\$argon2id?\$v=19"
    r"\$m=(?P<kib>[1-9][0-9]{0,9}),t=(?P<passes>[1-9][0-9]{0,9}),p=(?P<lanes>[1-9][0-9]{0,4})"
    r"\$(?P<salt>[A-Za-z0-9+/]{11,86})\$(?P<digest>[A-Za-z0-9+/]{22,86}))"
)


def parse_argon2(parts: Parts, *, spellings: Spellings) -> LegacyHash | None:
    """Return the hash; None if Argon2 cannot have made it."""
    kib, passes, phc = int(parts["kib"]), int(parts["passes"]), parts["phc"]
    is_base64 = decode_base64(parts["salt"]) and decode_base64(parts["digest"])
    if not is_base64 or kib < _MIN_KIB_PER_LANE * int(parts["lanes"]):
        return None
    return LegacyHash(
        kib <= MAX_KIB
        and kib * passes <= MAX_ARGON2_KIB_PASSES
        and int(parts["lanes"]) <= MAX_LANES,
        lambda password: verify_argon2(phc, password),
        spellings,
    )
