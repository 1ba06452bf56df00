"""Password hashes that other systems made: their forms, and whether a password belongs to one.

People who were imported have one until they sign in. A hash is kept as its system wrote it; before
a PHC string or a bcrypt hash stands `argon2`, `bcrypt` or `nfkc`, as far as that is needed to tell
it from ours, and what was done to the password before.
"""

import base64
import hashlib
import hmac
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

import bcrypt

from authsite.passwords.argon2 import verify_argon2

#: What one comparison may cost: about a second of a core, and a quarter of a GiB. Who has more in
#: a hash than this could make the site stand still for everybody who signs in.
MAX_KIB = 256 * 1024
MOST_ARGON2_KIB_PASSES = 1024 * 1024
MAX_LANES = 16
MAX_ITERATIONS = 4_000_000
MAX_BCRYPT_ROUNDS = 14
MAX_SCRYPT_BLOCKS = 2**21

#: bcrypt sees no more of a password. Devise, Rails and Django before them cut it, or let it be cut.
_BCRYPT_SEES = 72
_SCRYPT_BYTES = 64

_PHC = re.compile(
    r"(?P<phc>\$argon2id?\$v=19"
    r"\$m=(?P<kib>[1-9][0-9]{0,9}),t=(?P<passes>[1-9][0-9]{0,9}),p=(?P<lanes>[1-9][0-9]{0,4})"
    r"\$(?P<salt>[A-Za-z0-9+/]{11,86})\$(?P<digest>[A-Za-z0-9+/]{22,86}))"
)
_BCRYPT = re.compile(r"(?P<mcf>\$2[aby]\$(?P<rounds>0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53})")
_PBKDF2 = re.compile(
    r"(?P<iterations>[1-9][0-9]{0,11})\$(?P<salt>[!-#%-~]{1,128})\$(?P<digest>[A-Za-z0-9+/]{43}=)"
)
_SCRYPT = re.compile(
    r"(?P<n>[1-9][0-9]{0,11})\$(?P<salt>[!-#%-~]{1,128})\$(?P<r>[1-9][0-9]{0,5})"
    r"\$(?P<p>[1-9][0-9]{0,5})\$(?P<digest>[A-Za-z0-9+/]{86}==)"
)
#: What Argon2 needs of memory for each lane, in KiB (RFC 9106, 3.1).
_MIN_KIB_PER_LANE = 8
#: Lucia's own, whose costs do not stand in it.
_LUCIAS_SCRYPT = re.compile(r"(?P<salt>[0-9a-f]{32}):(?P<digest>[0-9a-f]{128})")

_NormalForm = Literal["NFC", "NFKC"]
_Parts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LegacyHash:
    """A hash of another system.

    `is_affordable` says whether it costs no more than the site can bear; nothing matches one that
    is not.
    """

    is_affordable: bool
    normal_form: _NormalForm
    _verify: Callable[[bytes], bool] = field(repr=False)

    def verify(self, password: str) -> bool:
        """Whether `password` is the one that was hashed: as it was typed, or in the normal form.

        Who was to normalize it there may have left it as it was, and who was not may have got it as
        another keyboard spells it. For nearly all passwords the two are one, and one hash is
        computed.
        Raises `VerificationError` or `ValueError` when there is no memory to find out.
        """
        spellings = dict.fromkeys((unicodedata.normalize(self.normal_form, password), password))
        return self.is_affordable and any(self._verify(each.encode("utf-8")) for each in spellings)


def parse_legacy_hash(text: str) -> LegacyHash | None:
    """Return the hash that `text` is; None if it is ours, or none that a password could have."""
    for prefix, form, read in _FORMS:
        match = text.startswith(prefix) and form.fullmatch(text, len(prefix))
        if match:
            return read(match.groupdict())
    return None


def _is_base64(text: str) -> bool:
    """Whether bytes were written like this, without `=`, and nothing is cut or left over."""
    try:
        read = base64.b64decode(f"{text}{'=' * (-len(text) % 4)}", validate=True)
    except ValueError:
        return False
    return base64.b64encode(read).decode("ascii").rstrip("=") == text


def tag_raw(text: str) -> str:
    """Return how a hash is kept of a password that was hashed as it was typed."""
    return f"argon2{text}" if text.startswith("$argon2") else text


def tag_nfkc(text: str) -> str:
    """Return how a hash is kept of a password that was brought into NFKC before, as oslo does."""
    return f"nfkc{text}" if text.startswith("$") else text


def _argon2(parts: _Parts, *, normal_form: _NormalForm) -> LegacyHash | None:
    kib, passes, phc = int(parts["kib"]), int(parts["passes"]), parts["phc"]
    is_whole = _is_base64(parts["salt"]) and _is_base64(parts["digest"])
    if not is_whole or kib < _MIN_KIB_PER_LANE * int(parts["lanes"]):
        return None
    return LegacyHash(
        kib <= MAX_KIB
        and kib * passes <= MOST_ARGON2_KIB_PASSES
        and int(parts["lanes"]) <= MAX_LANES,
        normal_form,
        lambda password: verify_argon2(phc, password),
    )


def _bcrypt(
    parts: _Parts,
    *,
    normal_form: _NormalForm,
    before: Callable[[bytes], bytes] = lambda password: password[:_BCRYPT_SEES],
) -> LegacyHash:
    mcf = parts["mcf"].encode("ascii")

    def verify(password: bytes) -> bool:
        try:
            return bcrypt.checkpw(before(password), mcf)
        except ValueError:  # a salt that is none
            return False

    return LegacyHash(int(parts["rounds"]) <= MAX_BCRYPT_ROUNDS, normal_form, verify)


def _sha256_in_hexadecimal(password: bytes) -> bytes:
    return hashlib.sha256(password).hexdigest().encode("ascii")


def _pbkdf2_sha256(parts: _Parts) -> LegacyHash:
    iterations, salt = int(parts["iterations"]), parts["salt"].encode("ascii")
    digest = base64.b64decode(parts["digest"])

    def verify(password: bytes) -> bool:
        found = hashlib.pbkdf2_hmac("sha256", password, salt, iterations)
        return hmac.compare_digest(found, digest)

    return LegacyHash(iterations <= MAX_ITERATIONS, "NFC", verify)


def _scrypt(
    digest: bytes, *, salt: str, n: int, r: int, p: int, normal_form: _NormalForm
) -> LegacyHash:
    memory = 128 * r * (n + p + 2)  # RFC 7914, 6: the blocks of each, and of the one at work
    can_be = n.bit_count() == 1 < n and n.bit_length() <= 16 * r
    is_affordable = can_be and n * r * p <= MAX_SCRYPT_BLOCKS and memory <= MAX_KIB * 1024

    def verify(password: bytes) -> bool:
        found = hashlib.scrypt(
            password,
            salt=salt.encode("ascii"),
            n=n,
            r=r,
            p=p,
            maxmem=2 * MAX_KIB * 1024,
            dklen=_SCRYPT_BYTES,
        )
        return hmac.compare_digest(found, digest)

    return LegacyHash(is_affordable, normal_form, verify)


def _scrypt_of_django(parts: _Parts) -> LegacyHash:
    n, r, p = (int(parts[name]) for name in "nrp")
    digest = base64.b64decode(parts["digest"])
    return _scrypt(digest, salt=parts["salt"], n=n, r=r, p=p, normal_form="NFC")


def _scrypt_of_lucia(parts: _Parts) -> LegacyHash:
    digest = bytes.fromhex(parts["digest"])
    return _scrypt(digest, salt=parts["salt"], n=2**14, r=16, p=1, normal_form="NFKC")


#: What stands before, what follows, and how that is read.
_FORMS: "tuple[tuple[str, re.Pattern[str], Callable[[_Parts], LegacyHash | None]], ...]" = (
    ("argon2", _PHC, partial(_argon2, normal_form="NFC")),
    ("nfkc", _PHC, partial(_argon2, normal_form="NFKC")),
    ("", _BCRYPT, partial(_bcrypt, normal_form="NFC")),
    ("bcrypt$", _BCRYPT, partial(_bcrypt, normal_form="NFC")),
    ("nfkc", _BCRYPT, partial(_bcrypt, normal_form="NFKC")),
    (
        "bcrypt_sha256$",
        _BCRYPT,
        partial(_bcrypt, normal_form="NFC", before=_sha256_in_hexadecimal),
    ),
    ("pbkdf2_sha256$", _PBKDF2, _pbkdf2_sha256),
    ("scrypt$", _SCRYPT, _scrypt_of_django),
    ("", _LUCIAS_SCRYPT, _scrypt_of_lucia),
    ("s2:", _LUCIAS_SCRYPT, _scrypt_of_lucia),
)
