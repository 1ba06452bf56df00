"""Verifying password hashes of other systems, which imported users have until they sign in.

A hash is stored as its system wrote it. A prefix (`argon2`, `bcrypt`, `nfkc`) distinguishes PHC
strings and bcrypt hashes from our own and names how the password was prepared.
"""

import base64
import hashlib
import hmac
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, NamedTuple

import bcrypt

from authsite.passwords.argon2 import verify_argon2

#: Limits on one verification: about a second of a core, and a quarter of a GiB. An imported hash
#: that costs more could block all sign-ins.
MAX_KIB = 256 * 1024
MAX_ARGON2_KIB_PASSES = 1024 * 1024
MAX_LANES = 16
MAX_ITERATIONS = 4_000_000
MAX_BCRYPT_ROUNDS = 14
MAX_SCRYPT_BLOCKS = 2**21

#: bcrypt ignores the rest of a password. Devise, Rails and Django truncate it, or let bcrypt do so.
_BCRYPT_BYTES = 72
_SCRYPT_BYTES = 64

_PHC = re.compile(
    r"(?P<phc>\$argon2id?\$v=19"
    r"\$m=(?P<kib>[1-9][0-9]{0,9}),t=(?P<passes>[1-9][0-9]{0,9}),p=(?P<lanes>[1-9][0-9]{0,4})"
    r"\$(?P<salt>[A-Za-z0-9+/]{11,86})\$(?P<digest>[A-Za-z0-9+/]{22,86}))"
)
_BCRYPT = re.compile(
    r"(?P<mcf>\$2[aby]\$(?P<rounds>0[4-9]|[12][0-9]|3[01])"
    r"\$(?P<salt>[./A-Za-z0-9]{22})(?P<digest>[./A-Za-z0-9]{31}))"
)
_PBKDF2 = re.compile(
    r"(?P<iterations>[1-9][0-9]{0,11})\$(?P<salt>[!-#%-~]{1,128})\$(?P<digest>[A-Za-z0-9+/]{43}=)"
)
_SCRYPT = re.compile(
    r"(?P<n>[1-9][0-9]{0,11})\$(?P<salt>[!-#%-~]{1,128})\$(?P<r>[1-9][0-9]{0,5})"
    r"\$(?P<p>[1-9][0-9]{0,5})\$(?P<digest>[A-Za-z0-9+/]{86}==)"
)
_OWN = re.compile(rf"(?:pepper=[a-z0-9]{{1,16}})?{_PHC.pattern}")
#: KiB that Argon2 needs for each lane (RFC 9106, 3.1).
_MIN_KIB_PER_LANE = 8
#: Lucia's format does not contain the costs.
_LUCIA_SCRYPT = re.compile(r"(?P<salt>[0-9a-f]{32}):(?P<digest>[0-9a-f]{128})")

_NormalForm = Literal["NFC", "NFKC"]
_Parts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LegacyHash:
    """A hash of another system; if it is not affordable, no password matches it."""

    is_affordable: bool
    normal_form: _NormalForm
    _verify: Callable[[bytes], bool] = field(repr=False)

    def verify(self, password: str) -> bool:
        """Whether the password matches the hash, either as entered or normalized.

        Systems do not normalize reliably. For nearly all passwords the two are equal, and one hash
        is computed. Raises `VerificationError` or `ValueError` when there is not enough memory.
        """
        variants = dict.fromkeys((unicodedata.normalize(self.normal_form, password), password))
        return self.is_affordable and any(self._verify(each.encode("utf-8")) for each in variants)


def parse_legacy_hash(text: str) -> LegacyHash | None:
    """Return the legacy hash; None if it is our own, or malformed."""
    for prefix, pattern, parse in _FORMATS:
        match = text.startswith(prefix) and pattern.fullmatch(text, len(prefix))
        if match:
            return parse(match.groupdict())
    return None


class HashParts(NamedTuple):
    """A hash, split around its salt; the digest is always at its end."""

    before: str
    salt: str
    between: str
    digest: str


def split_hash(text: str) -> HashParts | None:
    """Split a hash of any format, ours with its pepper included; None if it is malformed."""
    for prefix, pattern in (("", _OWN), *((prefix, pattern) for prefix, pattern, _ in _FORMATS)):
        match = text.startswith(prefix) and pattern.fullmatch(text, len(prefix))
        if match:
            (start, end), digest = match.span("salt"), match.start("digest")
            return HashParts(text[:start], text[start:end], text[end:digest], text[digest:])
    return None


def _is_base64(text: str) -> bool:
    """Whether the text is canonical base64 without `=`."""
    try:
        decoded = base64.b64decode(f"{text}{'=' * (-len(text) % 4)}", validate=True)
    except ValueError:
        return False
    return base64.b64encode(decoded).decode("ascii").rstrip("=") == text


def tag_raw(text: str) -> str:
    """Return the stored form of a hash of a password that was hashed as entered."""
    return f"argon2{text}" if text.startswith("$argon2") else text


def tag_nfkc(text: str) -> str:
    """Return the stored form of a hash of a password that was normalized to NFKC, as by oslo."""
    return f"nfkc{text}" if text.startswith("$") else text


def _argon2(parts: _Parts, *, normal_form: _NormalForm) -> LegacyHash | None:
    kib, passes, phc = int(parts["kib"]), int(parts["passes"]), parts["phc"]
    is_base64 = _is_base64(parts["salt"]) and _is_base64(parts["digest"])
    if not is_base64 or kib < _MIN_KIB_PER_LANE * int(parts["lanes"]):
        return None
    return LegacyHash(
        kib <= MAX_KIB
        and kib * passes <= MAX_ARGON2_KIB_PASSES
        and int(parts["lanes"]) <= MAX_LANES,
        normal_form,
        lambda password: verify_argon2(phc, password),
    )


def _bcrypt(
    parts: _Parts,
    *,
    normal_form: _NormalForm,
    prepare: Callable[[bytes], bytes] = lambda password: password[:_BCRYPT_BYTES],
) -> LegacyHash:
    mcf = parts["mcf"].encode("ascii")

    def verify(password: bytes) -> bool:
        try:
            return bcrypt.checkpw(prepare(password), mcf)
        except ValueError:  # an invalid salt
            return False

    return LegacyHash(int(parts["rounds"]) <= MAX_BCRYPT_ROUNDS, normal_form, verify)


def _sha256_hex(password: bytes) -> bytes:
    return hashlib.sha256(password).hexdigest().encode("ascii")


def _pbkdf2_sha256(parts: _Parts) -> LegacyHash:
    iterations, salt = int(parts["iterations"]), parts["salt"].encode("ascii")
    digest = base64.b64decode(parts["digest"])

    def verify(password: bytes) -> bool:
        computed = hashlib.pbkdf2_hmac("sha256", password, salt, iterations)
        return hmac.compare_digest(computed, digest)

    return LegacyHash(iterations <= MAX_ITERATIONS, "NFC", verify)


def _scrypt(
    digest: bytes, *, salt: str, n: int, r: int, p: int, normal_form: _NormalForm
) -> LegacyHash:
    memory = 128 * r * (n + p + 2)  # RFC 7914, 6: the blocks of each, and the working block
    is_valid = n.bit_count() == 1 < n and n.bit_length() <= 16 * r
    is_affordable = is_valid and n * r * p <= MAX_SCRYPT_BLOCKS and memory <= MAX_KIB * 1024

    def verify(password: bytes) -> bool:
        computed = hashlib.scrypt(
            password,
            salt=salt.encode("ascii"),
            n=n,
            r=r,
            p=p,
            maxmem=2 * MAX_KIB * 1024,
            dklen=_SCRYPT_BYTES,
        )
        return hmac.compare_digest(computed, digest)

    return LegacyHash(is_affordable, normal_form, verify)


def _django_scrypt(parts: _Parts) -> LegacyHash:
    n, r, p = (int(parts[name]) for name in "nrp")
    digest = base64.b64decode(parts["digest"])
    return _scrypt(digest, salt=parts["salt"], n=n, r=r, p=p, normal_form="NFC")


def _lucia_scrypt(parts: _Parts) -> LegacyHash:
    digest = bytes.fromhex(parts["digest"])
    return _scrypt(digest, salt=parts["salt"], n=2**14, r=16, p=1, normal_form="NFKC")


#: Prefix, pattern of the rest, and its parser.
_FORMATS: "tuple[tuple[str, re.Pattern[str], Callable[[_Parts], LegacyHash | None]], ...]" = (
    ("argon2", _PHC, partial(_argon2, normal_form="NFC")),
    ("nfkc", _PHC, partial(_argon2, normal_form="NFKC")),
    ("", _BCRYPT, partial(_bcrypt, normal_form="NFC")),
    ("bcrypt$", _BCRYPT, partial(_bcrypt, normal_form="NFC")),
    ("nfkc", _BCRYPT, partial(_bcrypt, normal_form="NFKC")),
    (
        "bcrypt_sha256$",
        _BCRYPT,
        partial(_bcrypt, normal_form="NFC", prepare=_sha256_hex),
    ),
    ("pbkdf2_sha256$", _PBKDF2, _pbkdf2_sha256),
    ("scrypt$", _SCRYPT, _django_scrypt),
    ("", _LUCIA_SCRYPT, _lucia_scrypt),
    ("s2:", _LUCIA_SCRYPT, _lucia_scrypt),
)
