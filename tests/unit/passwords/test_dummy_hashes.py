"""Dummy hashes: unknown email addresses cost what accounts cost."""

import secrets
import time
from collections import Counter

import bcrypt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from authsite.passwords.dummy_hashes import DummyHashes
from authsite.passwords.hasher import PasswordHasher
from authsite.passwords.legacy_hashes.formats import split_hash
from tests.factories import a_hasher
from tests.foreign_hashes import DEVISE, DJANGO, LUCIA, PASSLIB, PASSWORD, WERKZEUG, WORDPRESS

CURRENT = a_hasher().hash(PASSWORD)
OUTDATED = a_hasher(time_cost=2).hash(PASSWORD)
BCRYPT, PBKDF2 = DEVISE[PASSWORD], DJANGO["pbkdf2_sha256"][PASSWORD]
#: A stored hash of each format.
STORED = {
    "ours": CURRENT,
    "ours, outdated": OUTDATED,
    "ours, with a pepper": f"pepper=first{CURRENT}",
    "devise": BCRYPT,
    **{f"django {name}": hashes[PASSWORD] for name, hashes in DJANGO.items()},
    **{f"lucia {name}": hashes[PASSWORD] for name, hashes in LUCIA.items()},
    **{f"werkzeug {name}": hashes[PASSWORD] for name, hashes in WERKZEUG.items()},
    **{f"passlib {name}": hashes[PASSWORD] for name, hashes in PASSLIB.items()},
    **{f"wordpress {name}": hashes[PASSWORD] for name, hashes in WORDPRESS.items()},
    "lucia nfkc": f"nfkc{LUCIA['argon2'][PASSWORD]}",
}
EMAILS = [f"eve{number}@example.com" for number in range(2000)]


@pytest.fixture
def dummies() -> DummyHashes:
    return DummyHashes(CURRENT, key=b"k" * 32)


def format_of(password_hash):
    parts = split_hash(password_hash)
    return f"{parts.before}{parts.between}"


def formats_of(dummies):
    """Return the format of the dummy hash of each email address."""
    return {email: format_of(dummies.choose(email)) for email in EMAILS}


@pytest.mark.asvs("6.3.8")
def test_dummy_hashes_have_the_current_costs_without_stored_ones(dummies):
    dummies.update([])
    assert dummies.choose("eve@example.com") == CURRENT


@pytest.mark.asvs("6.3.8")
@pytest.mark.parametrize("stored", STORED.values(), ids=STORED)
def test_dummy_hash_has_the_format_of_stored_hashes(dummies, stored):
    dummies.update([stored])
    dummy = split_hash(dummies.choose("eve@example.com"))
    real = split_hash(stored)
    assert (dummy.before, dummy.between) == (real.before, real.between)
    assert len(dummy.salt) == len(real.salt)
    assert len(dummy.digest) == len(real.digest)
    assert dummy.salt[:-2] != real.salt[:-2]
    assert dummy.digest[:-2] != real.digest[:-2]
    assert not a_hasher().verify("".join(dummy), PASSWORD)


def seconds(hasher: PasswordHasher, password_hash: str) -> float:
    """Return the CPU time of a verification, the least of five."""
    times = []
    for _ in range(5):
        before = time.process_time()
        assert not hasher.verify(password_hash, "another password")
        times.append(time.process_time() - before)
    return min(times)


@pytest.mark.asvs("6.3.8")
@pytest.mark.parametrize(
    "costly",
    [
        PasswordHasher(time_cost=2, memory_cost=8192, parallelism=1).hash(PASSWORD),
        DJANGO["argon2"][PASSWORD].replace("m=64,t=1,p=2", "m=8192,t=2,p=2"),
        bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(8)).decode(),
        f"bcrypt_sha256${bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(8)).decode()}",
        PBKDF2.replace("$1000$", "$40000$"),
        DJANGO["scrypt"][PASSWORD].replace("$64$", "$4096$"),
        LUCIA["scrypt"][PASSWORD],
        WERKZEUG["pbkdf2:sha512"][PASSWORD].replace(":1000$", ":20000$"),
        WERKZEUG["scrypt"][PASSWORD].replace(":1024:", ":4096:"),
        PASSLIB["pbkdf2_sha1"][PASSWORD].replace("$1000$", "$40000$"),
        PASSLIB["bcrypt_sha256"][PASSWORD].replace("r=4", "r=8"),
        PASSLIB["scrypt"][PASSWORD].replace("ln=6", "ln=12"),
        WORDPRESS["bcrypt"][PASSWORD].replace("$04$", "$08$"),
        WORDPRESS["phpass"][PASSWORD].replace("$P$B", "$P$E"),
    ],
    ids=[
        *("ours", "argon2", "bcrypt", "bcrypt_sha256", "pbkdf2", "scrypt", "lucia scrypt"),
        *("werkzeug pbkdf2", "werkzeug scrypt", "passlib pbkdf2", "passlib bcrypt_sha256"),
        *("passlib scrypt", "wordpress bcrypt", "wordpress phpass"),
    ],
)
def test_dummy_hash_takes_as_long_as_a_stored_one(dummies, costly):
    hasher = a_hasher()
    dummies.update([costly])
    real, dummy = seconds(hasher, costly), seconds(hasher, dummies.choose("eve@example.com"))
    assert real > 4 * seconds(hasher, "$malformed")
    assert real / 2 < dummy < real * 2


@pytest.mark.asvs("6.3.8")
def test_formats_have_the_shares_of_the_stored_hashes(dummies):
    dummies.update([BCRYPT] * 50 + [PBKDF2] * 30 + [CURRENT] * 20)
    counts = Counter(formats_of(dummies).values())
    shares = {format_of(each): counts[format_of(each)] / len(EMAILS) for each in STORED.values()}
    assert shares[format_of(BCRYPT)] == pytest.approx(0.5, abs=0.06)
    assert shares[format_of(PBKDF2)] == pytest.approx(0.3, abs=0.06)
    assert shares[format_of(CURRENT)] == pytest.approx(0.2, abs=0.06)


@pytest.mark.asvs("6.3.8")
def test_email_keeps_its_format_while_the_shares_stay(dummies):
    dummies.update([BCRYPT, PBKDF2, CURRENT])
    before = formats_of(dummies)
    dummies.update([CURRENT, BCRYPT, PBKDF2] * 7)
    assert formats_of(dummies) == before
    other_process = DummyHashes(CURRENT, key=b"k" * 32)
    other_process.update([PBKDF2, CURRENT, BCRYPT])
    assert formats_of(other_process) == before


@pytest.mark.asvs("6.3.8")
def test_formats_of_another_site_are_others(dummies):
    other_site = DummyHashes(CURRENT, key=secrets.token_bytes(32))
    for each in (dummies, other_site):
        each.update([BCRYPT, CURRENT])
    assert formats_of(dummies) != formats_of(other_site)


def test_emails_only_change_to_the_current_format_as_users_sign_in(dummies):
    dummies.update([OUTDATED] * 50 + [CURRENT] * 50)
    before = formats_of(dummies)
    dummies.update([OUTDATED] * 40 + [CURRENT] * 60)
    changed = {(before[email], new) for email, new in formats_of(dummies).items()}
    assert changed == {
        (format_of(OUTDATED), format_of(OUTDATED)),
        (format_of(OUTDATED), format_of(CURRENT)),
        (format_of(CURRENT), format_of(CURRENT)),
    }


def test_malformed_hashes_count_for_nothing(dummies):
    dummies.update(["no hash", "", "$2b$12$short"])
    assert dummies.choose("eve@example.com") == CURRENT
    dummies.update([BCRYPT, "$argon2id$"])
    assert set(formats_of(dummies).values()) == {format_of(BCRYPT)}


@given(st.lists(st.sampled_from(list(STORED.values()))), st.text(max_size=50))
def test_every_email_has_a_dummy_hash(stored, email):
    dummies = DummyHashes(CURRENT, key=b"k" * 32)
    dummies.update(stored)
    chosen = dummies.choose(email.encode("utf-8", "replace").decode())
    assert format_of(chosen) in {format_of(each) for each in stored or [CURRENT]}
