"""Legacy hashes: recognized by their form, verified as other systems do, with bounded costs."""

import base64
import hashlib
import hmac
import sys
import threading
import time
import unicodedata

import bcrypt
import pytest
from argon2 import PasswordHasher, Type
from argon2.exceptions import VerificationError

from authsite.passwords.legacy_hashes.argon2 import MAX_ARGON2_KIB_PASSES, MAX_KIB, MAX_LANES
from authsite.passwords.legacy_hashes.bcrypt import MAX_BCRYPT_ROUNDS
from authsite.passwords.legacy_hashes.formats import (
    MAX_LENGTH,
    parse_legacy_hash,
    tag_nfkc,
    tag_raw,
)
from authsite.passwords.legacy_hashes.legacy_hash import nfc, nfkc, wordpress
from authsite.passwords.legacy_hashes.pbkdf2 import MAX_ITERATIONS, MAX_SHA512_ITERATIONS
from authsite.passwords.legacy_hashes.scrypt import MAX_SCRYPT_BLOCKS
from authsite.passwords.peppers import Pepper
from authsite.passwords.places import HashClient
from tests.factories import a_hasher
from tests.foreign_hashes import (
    BETTER_AUTH,
    COMPOSED,
    DECOMPOSED,
    DEVISE,
    DJANGO,
    LARAVEL,
    LIGATURE,
    LUCIA,
    PASSLIB,
    PASSWORD,
    PBKDF2_ELIXIR,
    QUOTED,
    WERKZEUG,
    WORDPRESS,
)
from tests.memory import little_memory

#: Every form of hash as it is stored, of one password.
FORMS = {
    **{name: hashes[PASSWORD] for name, hashes in DJANGO.items()},
    **{f"werkzeug {name}": hashes[PASSWORD] for name, hashes in WERKZEUG.items()},
    **{f"passlib {name}": hashes[PASSWORD] for name, hashes in PASSLIB.items()},
    **{f"wordpress {name}": hashes[PASSWORD] for name, hashes in WORDPRESS.items()},
    **{f"laravel {name}": tag_raw(hashes[PASSWORD]) for name, hashes in LARAVEL.items()},
    "better auth": BETTER_AUTH[PASSWORD],
    "devise": DEVISE[PASSWORD],
    **{f"lucia {name}": tag_nfkc(hashes[PASSWORD]) for name, hashes in LUCIA.items()},
}
BCRYPT, PHC = DEVISE[PASSWORD], LUCIA["argon2"][PASSWORD]
MAX_SCRYPT_PASSES = MAX_SCRYPT_BLOCKS // (131_072 * 8)
PBKDF2, SCRYPT = DJANGO["pbkdf2_sha256"][PASSWORD], DJANGO["scrypt"][PASSWORD]


def verify(kept: str, password: str) -> bool:
    found = parse_legacy_hash(kept)
    assert found is not None
    assert found.is_affordable
    return found.verify(password)


@pytest.fixture(scope="module")
def hasher():
    return a_hasher()


@pytest.mark.parametrize("name", FORMS)
def test_legacy_hash_matches_its_password_only(name):
    assert verify(FORMS[name], PASSWORD)
    for other in ("", PASSWORD.upper(), f"{PASSWORD}.", PASSWORD[:-1]):
        assert not verify(FORMS[name], other)
    is_trimmed = "wordpress" in name or "phpass" in name
    assert verify(FORMS[name], f"{PASSWORD} ") is is_trimmed


@pytest.mark.parametrize("name", FORMS)
def test_truncated_legacy_hash_matches_nothing(name, hasher):
    for cut in (FORMS[name][:-1], FORMS[name][:-20], FORMS[name][: len(FORMS[name]) // 2]):
        assert not hasher.verify(cut, PASSWORD)


@pytest.mark.parametrize("name", FORMS)
def test_legacy_hash_with_extra_characters_matches_nothing(name, hasher):
    for longer in (f"{FORMS[name]}\n", f"{FORMS[name]}$", f" {FORMS[name]}"):
        assert parse_legacy_hash(longer) is None
        assert not hasher.verify(longer, PASSWORD)


@pytest.mark.asvs("11.2.2")
@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("peppers", [(), (Pepper("first", b"f" * 32),)])
def test_hasher_verifies_legacy_hashes_as_outdated(name, peppers):
    """They were hashed without the pepper and are verified without it."""
    hasher = a_hasher(peppers=peppers)
    kept = FORMS[name]
    assert hasher.verify(kept, PASSWORD)
    assert not hasher.verify(kept, "seven green llamas")
    assert hasher.is_outdated(kept)
    with hasher.slot(HashClient("192.0.2.1")) as slot:
        assert hasher.verify(kept, PASSWORD, within=slot)
    renewed = hasher.hash(PASSWORD)
    assert hasher.verify(renewed, PASSWORD)
    assert not hasher.is_outdated(renewed)
    assert parse_legacy_hash(renewed) is None


@pytest.mark.parametrize(
    "hashes",
    [
        *DJANGO.values(),
        *WERKZEUG.values(),
        *(hashes for name, hashes in PASSLIB.items() if "phpass" not in name),
        {COMPOSED: DEVISE[COMPOSED]},
    ],
)
def test_raw_hash_matches_raw_and_normalized_input(hashes):
    """These systems do not normalize; the normalized password is accepted as well."""
    assert verify(hashes[COMPOSED], COMPOSED)
    assert verify(hashes[COMPOSED], DECOMPOSED)
    if DECOMPOSED in hashes:
        assert verify(hashes[DECOMPOSED], DECOMPOSED)
        assert not verify(hashes[DECOMPOSED], COMPOSED)


@pytest.mark.parametrize("hashes", [*WORDPRESS.values(), PASSLIB["phpass"]])
def test_wordpress_hash_matches_raw_input_only(hashes):
    """Each of its spellings would cost two hashes."""
    for form, other in ((COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)):
        assert verify(hashes[form], form)
        assert not verify(hashes[form], other)


@pytest.mark.parametrize("spell", [nfc, nfkc, wordpress])
def test_password_has_at_most_two_spellings(spell):
    """So verifying it costs at most twice the limit of its hash."""
    assert len(list(spell(f" {DECOMPOSED}{QUOTED}{LIGATURE}"))) == 2


@pytest.mark.parametrize("name", ["argon2", "bcrypt", "scrypt"])
def test_nfkc_hash_matches_any_normalization(name):
    """Oslo hashes the NFKC of a password, in which a ligature is two letters."""
    kept = tag_nfkc(LUCIA[name][LIGATURE])
    for typed in ("NFC", "NFD", "NFKC", "NFKD"):
        assert verify(kept, unicodedata.normalize(typed, LIGATURE))
    assert not verify(kept, "five cafes 1")


@pytest.mark.parametrize("name", ["argon2", "bcrypt"])
def test_nfkc_hash_without_its_tag_does_not_match(name):
    assert not verify(tag_raw(LUCIA[name][LIGATURE]), LIGATURE)


def test_nfkc_tag_also_matches_unnormalized_hashes():
    """Lucia may use another Argon2 library than Oslo."""
    kept = tag_nfkc(PasswordHasher(1, 64, 1).hash(unicodedata.normalize("NFC", LIGATURE)))
    assert verify(kept, unicodedata.normalize("NFC", LIGATURE))


def test_better_auth_hash_matches_any_normalization():
    for typed in ("NFC", "NFKD"):
        assert verify(BETTER_AUTH[LIGATURE], unicodedata.normalize(typed, LIGATURE))


@pytest.mark.parametrize("password", PBKDF2_ELIXIR)
def test_hashes_of_pbkdf2_elixir_match(password):
    assert verify(PBKDF2_ELIXIR[password], password)
    assert not verify(PBKDF2_ELIXIR[password], password[:-1])


@pytest.mark.parametrize("hashes", WORDPRESS.values(), ids=WORDPRESS)
def test_wordpress_hash_matches_as_its_forms_send_passwords(hashes):
    """They trim it and put a backslash before quotes; its programming interfaces do not."""
    assert verify(hashes[PASSWORD], f" {PASSWORD}\t")
    assert verify(hashes[QUOTED], QUOTED)
    assert not verify(hashes[QUOTED], QUOTED.replace("'", ""))


@pytest.mark.parametrize(
    "unescaped",
    [
        "$P$BWhDy9wE6ARb0KebTsGLej8.qTOctW/",
        "$wp$2y$04$H0KzcZtScfwSCjJkUk8TruoVzf6.Ep4R7hSbGuWbpoTw17BOEZu0W",
    ],
)
def test_wordpress_hash_matches_quotes_without_backslashes(unescaped):
    """As `wp user update --user_pass` stores it."""
    assert verify(unescaped, QUOTED)


def test_bcrypt_uses_the_first_72_bytes():
    password = "x" * 72
    kept = bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()
    assert verify(kept, password + "and a tail that is never compared")
    assert not verify(kept, password[:-1])
    # 71 bytes and half a letter: the limit splits it.
    halved = bcrypt.hashpw(("x" * 71 + "é").encode()[:72], bcrypt.gensalt(4)).decode()
    assert verify(halved, "x" * 71 + "é")


def test_bcrypt_sha256_uses_the_whole_password():
    """Django uses bcrypt of the hexadecimal SHA-256."""
    digest = hashlib.sha256(("x" * 80).encode()).hexdigest().encode()
    kept = f"bcrypt_sha256${bcrypt.hashpw(digest, bcrypt.gensalt(4)).decode()}"
    assert verify(kept, "x" * 80)
    assert not verify(kept, "x" * 81)


@pytest.mark.parametrize("name", ["bcrypt_sha256", "bcrypt_sha256 1"])
def test_passlib_bcrypt_sha256_uses_the_whole_password(name):
    """Passwords longer than 72 bytes are not truncated before the digest."""
    salt = b"GKWMsVSK0ljtmXL.Hkbxf."
    password = "x" * 80
    if name == "bcrypt_sha256":
        prepared, before = hmac.digest(salt, password.encode(), "sha256"), "v=2,t=2b,r=4"
    else:
        prepared, before = hashlib.sha256(password.encode()).digest(), "2b,4"
    digest = bcrypt.hashpw(base64.b64encode(prepared), b"$2b$04$" + salt).decode()[-31:]
    kept = f"$bcrypt-sha256${before}${salt.decode()}${digest}"
    assert verify(kept, password)
    assert not verify(kept, f"{password}x")


def test_digest_of_phc_scrypt_has_32_or_64_bytes():
    """A part of a digest is the shorter digest of the same password."""
    digest = hashlib.scrypt(PASSWORD.encode(), salt=b"s" * 16, n=64, r=8, p=1, dklen=64)

    def phc(size: int) -> str:
        parts = (base64.b64encode(each).decode().rstrip("=") for each in (b"s" * 16, digest[:size]))
        return f"$scrypt$ln=6,r=8,p=1${'$'.join(parts)}"

    assert verify(phc(64), PASSWORD)
    assert verify(phc(32), PASSWORD)
    for size in (16, 31, 33, 48):
        assert parse_legacy_hash(phc(size)) is None


@pytest.mark.parametrize("prefix", ["$2a$", "$2b$", "$2y$"])
def test_every_bcrypt_prefix_is_accepted(prefix):
    assert verify(BCRYPT.replace("$2a$", prefix), PASSWORD)


def test_argon2i_hash_is_accepted():
    phc = PasswordHasher(1, 64, 1, type=Type.I).hash(PASSWORD)
    assert phc.startswith("$argon2i$")
    assert verify(tag_raw(phc), PASSWORD)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "password",
        "!",
        "!unusable",
        "d41d8cd98f00b204e9800998ecf8427e",
        "sha1$salt$da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "md5$salt$d41d8cd98f00b204e9800998ecf8427e",
        "argon2$argon2d$v=19$m=64,t=1,p=1$SWSVWJQm3QVf9re7yYKNEw$aF3cGLf6xS1PteJmSc9pEFOwvwyiEUyND",
        tag_raw(PHC.replace("v=19", "v=16")),
        tag_raw(PHC.replace("m=64", "m=064")),
        tag_raw(PHC.replace("m=64", "m=6\u0664")),
        tag_raw(PHC.replace("m=64", "m=-64")),
        # A salt or a digest of some bytes, against which anything might match.
        "argon2$argon2id$v=19$m=64,t=1,p=1$SWSVWJQm3QVf9re7yYKNEw$aF3c",
        "argon2$argon2id$v=19$m=64,t=1,p=1$SWSV$aF3cGLf6xS1PteJmSc9pEFOwvwyiEUyNDs3viilNjNw",
        BCRYPT.replace("$04$", "$03$"),
        BCRYPT.replace("$04$", "$32$"),
        BCRYPT.replace("$04$", "$4$"),
        BCRYPT.replace("$2a$", "$2x$"),
        BCRYPT.replace("$2a$", "$2$"),
        PBKDF2.replace("1000", "0"),
        PBKDF2.replace("1000", "01000"),
        PBKDF2.replace("1000", "1e3"),
        PBKDF2.replace("sha256", "sha1"),
        PBKDF2.replace("PIIs", "PII\u00e9"),
        SCRYPT.replace("$64$", "$0$"),
        "$6$rounds=656000$r/6MMueT1jb2vVHy$z.PFUxv8BbZQpA0P6KQAmh7Prc4DsALx0uCnyWDCRKTEQFylFZlg7RF6",
        WERKZEUG["pbkdf2:sha256"][PASSWORD].replace("sha256", "md5"),
        WERKZEUG["pbkdf2:sha256"][PASSWORD].replace(":1000", ""),
        WERKZEUG["scrypt"][PASSWORD].upper(),
        PASSLIB["pbkdf2_sha512"][PASSWORD].replace("-sha512", "-sha256"),
        PASSLIB["pbkdf2_sha512"][PASSWORD].replace(".", "="),
        PASSLIB["pbkdf2_sha1"][PASSWORD][:-1] + "h",
        PASSLIB["pbkdf2_sha1"][PASSWORD].replace("mxA$", "mxB$"),
        PASSLIB["scrypt"][PASSWORD].replace("gjA$", "gjB$"),
        PASSLIB["scrypt"][PASSWORD][:-1] + "F",
        PASSLIB["scrypt"][PASSWORD].replace("ln=6", "ln=0"),
        PASSLIB["bcrypt_sha256"][PASSWORD].replace("r=4", "r=3"),
        PASSLIB["bcrypt_sha256"][PASSWORD].replace("v=2", "v=1"),
        PASSLIB["bcrypt_sha256 1"][PASSWORD].replace("2b,4", "2b,r=4"),
        WORDPRESS["phpass"][PASSWORD].replace("$P$B", "$P$4"),
        WORDPRESS["phpass"][PASSWORD].replace("$P$B", "$P$T"),
        WORDPRESS["phpass"][PASSWORD][:-1] + "z",
        f"pbkdf2_sha256$1$1{'x' * MAX_LENGTH}${PBKDF2.rsplit('$', 1)[1]}",
    ],
)
def test_unknown_hash_matches_nothing(text, hasher):
    assert parse_legacy_hash(text) is None
    assert not hasher.verify(text, PASSWORD)
    assert not hasher.verify(text, "")


def test_own_hash_is_not_a_legacy_hash(hasher):
    assert parse_legacy_hash(hasher.hash(PASSWORD)) is None
    assert parse_legacy_hash(PHC) is None


ABSURD = {
    "pbkdf2": PBKDF2.replace("1000", "1000000000"),
    "bcrypt": BCRYPT.replace("$04$", "$31$"),
    "bcrypt_sha256": DJANGO["bcrypt_sha256"][PASSWORD].replace("$04$", "$31$"),
    "scrypt of 8 GiB": SCRYPT.replace("$64$", "$8388608$"),
    "scrypt of many rounds": SCRYPT.replace("$8$5$", "$8$99999$"),
    "scrypt that cannot be": SCRYPT.replace("$64$", "$65$"),
    "scrypt of one": SCRYPT.replace("$64$", "$1$"),
    "scrypt of small blocks": SCRYPT.replace("$64$", "$65536$").replace("$8$5$", "$1$1$"),
    "argon2 of 4 GiB": tag_raw(PHC.replace("m=64", "m=4194304")),
    "argon2 of many passes": tag_raw(PHC.replace("t=1", "t=1000000000")),
    "argon2 of many lanes": tag_raw(PHC.replace("m=64,t=1,p=1", "m=65536,t=1,p=4096")),
    "pbkdf2 of werkzeug": WERKZEUG["pbkdf2:sha1"][PASSWORD].replace("1000", "1000000000"),
    "pbkdf2 of passlib": PASSLIB["pbkdf2_sha512"][PASSWORD].replace("1000", "1000000000"),
    "bcrypt_sha256 of passlib": PASSLIB["bcrypt_sha256"][PASSWORD].replace("r=4", "r=31"),
    "bcrypt of wordpress": WORDPRESS["bcrypt"][PASSWORD].replace("$04$", "$31$"),
    "scrypt of werkzeug": WERKZEUG["scrypt"][PASSWORD].replace(":1024:", ":8388608:"),
    "scrypt of passlib": PASSLIB["scrypt"][PASSWORD].replace("ln=6", "ln=99"),
    "phpass": WORDPRESS["phpass"][PASSWORD].replace("$P$B", "$P$S"),
    "argon2 of NFKC": tag_nfkc(PHC.replace("m=64", "m=4194304")),
}


@pytest.mark.asvs("15.1.3")
@pytest.mark.parametrize("name", ABSURD)
def test_unaffordable_hash_is_not_computed(name, hasher):
    """It matches nothing, and at once: any of them would take minutes, or all memory.

    Little memory is left, so computing one would raise.
    """
    found = parse_legacy_hash(ABSURD[name])
    assert found is not None
    assert not found.is_affordable
    with little_memory():
        assert not hasher.verify(ABSURD[name], PASSWORD)


def test_unaffordable_hash_does_not_match_its_password():
    """This one is refused by its lanes alone; computing it would be quick."""
    for lanes, known in ((MAX_LANES, True), (MAX_LANES + 1, False)):
        kept = tag_raw(PasswordHasher(1, 8 * lanes, lanes).hash(PASSWORD))
        found = parse_legacy_hash(kept)
        assert found is not None
        assert found.verify(PASSWORD) is known


@pytest.mark.parametrize(
    ("affordable", "too_much"),
    [
        (
            PBKDF2.replace("1000", str(MAX_ITERATIONS)),
            PBKDF2.replace("1000", str(MAX_ITERATIONS + 1)),
        ),
        (
            PASSLIB["pbkdf2_sha512"][PASSWORD].replace("1000", str(MAX_SHA512_ITERATIONS)),
            PASSLIB["pbkdf2_sha512"][PASSWORD].replace("1000", str(MAX_SHA512_ITERATIONS + 1)),
        ),
        (
            WORDPRESS["phpass"][PASSWORD].replace("$P$B", "$P$H"),
            WORDPRESS["phpass"][PASSWORD].replace("$P$B", "$P$I"),
        ),
        (
            PASSLIB["bcrypt_sha256"][PASSWORD].replace("r=4", f"r={MAX_BCRYPT_ROUNDS}"),
            PASSLIB["bcrypt_sha256"][PASSWORD].replace("r=4", f"r={MAX_BCRYPT_ROUNDS + 1}"),
        ),
        (
            PASSLIB["scrypt"][PASSWORD].replace("ln=6", "ln=17"),
            PASSLIB["scrypt"][PASSWORD].replace("ln=6", "ln=18"),
        ),
        (
            BCRYPT.replace("$04$", f"${MAX_BCRYPT_ROUNDS}$"),
            BCRYPT.replace("$04$", f"${MAX_BCRYPT_ROUNDS + 1}$"),
        ),
        (
            tag_raw(PHC.replace("m=64", f"m={MAX_KIB}")),
            tag_raw(PHC.replace("m=64", f"m={MAX_KIB + 1}")),
        ),
        (
            tag_raw(PHC.replace("m=64,t=1", f"m=1024,t={MAX_ARGON2_KIB_PASSES // 1024}")),
            tag_raw(PHC.replace("m=64,t=1", f"m=1025,t={MAX_ARGON2_KIB_PASSES // 1024}")),
        ),
        (
            tag_raw(PHC.replace("m=64,t=1,p=1", f"m=1024,t=1,p={MAX_LANES}")),
            tag_raw(PHC.replace("m=64,t=1,p=1", f"m=1024,t=1,p={MAX_LANES + 1}")),
        ),
        (
            SCRYPT.replace("$64$", "$131072$").replace("$8$5$", f"$8${MAX_SCRYPT_PASSES}$"),
            SCRYPT.replace("$64$", "$131072$").replace("$8$5$", f"$8${MAX_SCRYPT_PASSES + 1}$"),
        ),
        (
            SCRYPT.replace("$64$", "$131072$").replace("$8$5$", "$8$1$"),
            SCRYPT.replace("$64$", "$262144$").replace("$8$5$", "$8$1$"),
        ),
    ],
)
def test_affordable_costs_have_a_limit(affordable, too_much):
    found = [parse_legacy_hash(each) for each in (affordable, too_much)]
    assert [each is not None and each.is_affordable for each in found] == [True, False]


def test_default_costs_of_other_systems_are_affordable():
    for text in (
        PBKDF2.replace("1000", "1200000"),  # Django 6.0
        tag_raw(PHC.replace("m=64,t=1,p=1", "m=102400,t=2,p=8")),
        BCRYPT.replace("$04$", "$12$"),
        SCRYPT.replace("$64$", "$16384$"),
        tag_nfkc(PHC.replace("m=64,t=1,p=1", "m=19456,t=2,p=1")),
        WERKZEUG["scrypt"][PASSWORD].replace(":1024:", ":32768:"),
        WERKZEUG["pbkdf2:sha256"][PASSWORD].replace("1000", "1000000"),
        PASSLIB["scrypt"][PASSWORD].replace("ln=6", "ln=16"),
        PASSLIB["phpass"][PASSWORD].replace("$P$5", "$P$H"),
        tag_raw(PHC.replace("m=64,t=1,p=1", "m=65536,t=4,p=1")),  # PHP, so Laravel
        tag_raw(PHC.replace("m=64,t=1,p=1", "m=65536,t=3,p=4")),  # passlib and argon2_elixir
    ):
        found = parse_legacy_hash(text)
        assert found is not None
        assert found.is_affordable


@pytest.mark.parametrize(
    "spoil",
    [
        lambda phc: phc.replace("m=64,t=1,p=1", "m=64,t=1,p=9"),
        lambda phc: phc[:-2],
        lambda phc: f"{phc[:-1]}{'B' if phc[-1] != 'B' else 'C'}",
    ],
    ids=["less memory than lanes need", "cut", "bits left over"],
)
def test_impossible_argon2_hash_is_refused(spoil):
    """The import rejects it; otherwise its user could never sign in."""
    assert parse_legacy_hash(tag_raw(PHC)) is not None
    assert parse_legacy_hash(tag_raw(spoil(PHC))) is None


def test_impossible_bcrypt_salt_matches_nothing():
    salt, hashed = "." * 21 + "z", "." * 31
    assert not verify(f"$2b$04${salt}{hashed}", PASSWORD)


@pytest.mark.asvs("16.5.3")
def test_verify_without_memory_raises(hasher):
    """The password is neither right nor wrong."""
    huge = tag_raw(PHC.replace("m=64", f"m={MAX_KIB}"))
    with (
        little_memory(left=2**26),
        pytest.raises(VerificationError, match="Memory allocation error"),
    ):
        hasher.verify(huge, PASSWORD)


@pytest.mark.asvs("15.1.3")
def test_costliest_phpass_hash_takes_under_two_seconds():
    costliest = parse_legacy_hash(PASSLIB["phpass"][PASSWORD].replace("$P$5", "$P$H"))
    assert costliest is not None
    before = time.process_time()
    assert not costliest.verify(PASSWORD)
    assert time.process_time() - before < 2


def test_phpass_hash_lets_other_threads_run():
    """Of their own accord: the interpreter would interrupt it after ten seconds only."""
    costly = parse_legacy_hash(WORDPRESS["phpass"][PASSWORD].replace("$P$B", "$P$E"))
    assert costly is not None
    before, turns = sys.getswitchinterval(), 0
    sys.setswitchinterval(10)
    try:
        hashing = threading.Thread(target=costly.verify, args=(PASSWORD,))
        hashing.start()
        while hashing.is_alive():
            turns += 1
            time.sleep(0)
    finally:
        sys.setswitchinterval(before)
    assert turns > 10


def test_repr_hides_the_hash():
    for kept in FORMS.values():
        assert kept[-20:] not in repr(parse_legacy_hash(kept))
