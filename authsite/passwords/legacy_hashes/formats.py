"""The forms of legacy hashes, and which of them a stored hash has."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from typing import NamedTuple

from authsite.passwords.legacy_hashes.argon2 import ARGON2, parse_argon2
from authsite.passwords.legacy_hashes.bcrypt import (
    BCRYPT,
    PASSLIB_BCRYPT,
    django_sha256,
    parse_bcrypt,
    parse_passlib_bcrypt,
    wordpress_sha384,
)
from authsite.passwords.legacy_hashes.legacy_hash import LegacyHash, Parts, nfc, nfkc, wordpress
from authsite.passwords.legacy_hashes.pbkdf2 import (
    DIGESTS,
    django_pattern,
    parse_django_pbkdf2,
    parse_passlib_pbkdf2,
    parse_werkzeug_pbkdf2,
    passlib_pattern,
    werkzeug_pattern,
)
from authsite.passwords.legacy_hashes.phpass import PHPASS, parse_phpass
from authsite.passwords.legacy_hashes.scrypt import (
    DJANGO_SCRYPT,
    LUCIA_SCRYPT,
    PHC_SCRYPT,
    WERKZEUG_SCRYPT,
    parse_django_scrypt,
    parse_lucia_scrypt,
    parse_phc_scrypt,
    parse_werkzeug_scrypt,
)

#: Characters that the table of users has for a hash.
MAX_LENGTH = 255
_OWN = re.compile(rf"(?:pepper=[a-z0-9]{{1,16}})?{ARGON2.pattern}")


class _Form(NamedTuple):
    """A form of hashes: its name for operators, a prefix, and the pattern of the rest."""

    name: str
    prefix: str
    pattern: re.Pattern[str]
    parse: Callable[[Parts], LegacyHash | None]

    def match(self, text: str) -> re.Match[str] | None:
        """Return the match of a hash that has this form as a whole."""
        if len(text) > MAX_LENGTH or not text.startswith(self.prefix):
            return None
        return self.pattern.fullmatch(text, len(self.prefix))


def _pbkdf2_forms(digest: str) -> Iterator[_Form]:
    yield _Form(
        f"PBKDF2-{digest}, as by Django",
        f"pbkdf2_{digest}$",
        django_pattern(digest),
        partial(parse_django_pbkdf2, digest=digest),
    )
    yield _Form(
        f"PBKDF2-{digest}, as by Werkzeug",
        f"pbkdf2:{digest}:",
        werkzeug_pattern(digest),
        partial(parse_werkzeug_pbkdf2, digest=digest),
    )
    yield _Form(
        f"PBKDF2-{digest}, as by passlib",
        "$pbkdf2$" if digest == "sha1" else f"$pbkdf2-{digest}$",
        passlib_pattern(digest),
        partial(parse_passlib_pbkdf2, digest=digest),
    )


_WORDPRESS = partial(parse_bcrypt, prepare=wordpress_sha384, spellings=wordpress)
_FORMS = (
    _Form("Argon2", "argon2", ARGON2, partial(parse_argon2, spellings=nfc)),
    _Form("Argon2 of NFKC", "nfkc", ARGON2, partial(parse_argon2, spellings=nfkc)),
    _Form("bcrypt", "", BCRYPT, parse_bcrypt),
    _Form("bcrypt, as by Django", "bcrypt$", BCRYPT, parse_bcrypt),
    _Form("bcrypt of NFKC", "nfkc", BCRYPT, partial(parse_bcrypt, spellings=nfkc)),
    _Form(
        "bcrypt of SHA-256, as by Django",
        "bcrypt_sha256$",
        BCRYPT,
        partial(parse_bcrypt, prepare=django_sha256),
    ),
    _Form(
        "bcrypt of SHA-256, as by passlib", "$bcrypt-sha256$", PASSLIB_BCRYPT, parse_passlib_bcrypt
    ),
    _Form("bcrypt of SHA-384, as by WordPress", "$wp", BCRYPT, _WORDPRESS),
    *chain.from_iterable(map(_pbkdf2_forms, DIGESTS)),
    _Form("scrypt, as by Django", "scrypt$", DJANGO_SCRYPT, parse_django_scrypt),
    _Form("scrypt, as by Werkzeug", "scrypt:", WERKZEUG_SCRYPT, parse_werkzeug_scrypt),
    _Form("scrypt", "$scrypt$", PHC_SCRYPT, parse_phc_scrypt),
    _Form("scrypt, as by Lucia and Better Auth", "", LUCIA_SCRYPT, parse_lucia_scrypt),
    _Form("scrypt, as by Lucia", "s2:", LUCIA_SCRYPT, parse_lucia_scrypt),
    _Form("phpass, as by WordPress", "$P$", PHPASS, parse_phpass),
    _Form("phpass, as by phpBB", "$H$", PHPASS, parse_phpass),
)


def parse_legacy_hash(text: str) -> LegacyHash | None:
    """Return the legacy hash; None if it is our own, or malformed."""
    for form in _FORMS:
        match = form.match(text)
        if match:
            return form.parse(match.groupdict())
    return None


def name_form(text: str) -> str | None:
    """Return the name of the form that this legacy hash has."""
    return next((form.name for form in _FORMS if form.match(text)), None)


class HashParts(NamedTuple):
    """A hash, split around its salt; the digest is always at its end."""

    before: str
    salt: str
    between: str
    digest: str


def split_hash(text: str) -> HashParts | None:
    """Split a hash of any form, ours with its pepper included; None if it is malformed."""
    own = _OWN.fullmatch(text)
    match = own or next(filter(None, (form.match(text) for form in _FORMS)), None)
    if match is None:
        return None
    (start, end), digest = match.span("salt"), match.start("digest")
    return HashParts(text[:start], text[start:end], text[end:digest], text[digest:])


def tag_raw(text: str) -> str:
    """Return the stored form of a hash of a password that was hashed as entered."""
    return f"argon2{text}" if text.startswith("$argon2") else text


def tag_nfkc(text: str) -> str:
    """Return the stored form of a hash of a password that was normalized to NFKC, as by oslo."""
    return f"nfkc{text}" if text.startswith("$") else text
