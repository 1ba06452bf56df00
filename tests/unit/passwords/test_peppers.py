"""Peppers: their effect on hashes, their rotation, and a missing one."""

import base64
import hashlib
import hmac
import logging

import pytest
from argon2 import PasswordHasher as Argon2
from argon2 import extract_parameters
from hypothesis import given, settings
from hypothesis import strategies as st

from authsite.models import User
from authsite.passwords.peppers import Pepper, split_pepper
from tests.factories import a_hasher

OLD, NEW = Pepper("old1", b"o" * 32), Pepper("new2", b"n" * 32)
COMPOSED, DECOMPOSED = "caf\u00e9 au lait", "cafe\u0301 au lait"

passwords = st.text(st.characters(exclude_categories=["Cs"]), max_size=256)
HASHERS = {
    "none": a_hasher(),
    "old": a_hasher(peppers=[OLD]),
    "both": a_hasher(peppers=[NEW, OLD]),
    "new": a_hasher(peppers=[NEW]),
}


@settings(max_examples=50)
@given(passwords, passwords)
def test_password_matches_its_own_hash_only(password, other):
    for hasher in HASHERS.values():
        hashed = hasher.hash(password)
        assert hasher.verify(hashed, password)
        assert not hasher.verify(hashed, f"{other}{password}x")


@pytest.mark.parametrize("hasher", HASHERS.values(), ids=HASHERS)
def test_composed_and_decomposed_passwords_match(hasher):
    assert hasher.verify(hasher.hash(COMPOSED), DECOMPOSED)


def test_argon2_hashes_the_hmac_with_the_pepper():
    """NIST SP 800-63B-4, 3.1.1.2."""
    marked, plain = HASHERS["old"].hash(DECOMPOSED), HASHERS["none"].hash(DECOMPOSED)
    assert marked.startswith("pepper=old1$argon2id$v=19$m=8,t=1,p=1$")
    assert plain.startswith("$argon2id$v=19$m=8,t=1,p=1$")
    mixed = base64.b64encode(hmac.new(b"o" * 32, COMPOSED.encode(), hashlib.sha256).digest())
    assert Argon2().verify(marked.removeprefix("pepper=old1"), mixed)


def test_longest_hash_fits_its_column():
    longest = a_hasher(peppers=[Pepper("x" * 16, b"o" * 32)], memory_cost=4_000)
    room = User.__table__.c.password_hash.type.length
    parameters = len("m=4194304,t=100,p=16") - len("m=4000,t=1,p=1")
    assert len(longest.hash("x" * 256)) + parameters <= room


@pytest.mark.asvs("11.2.2")
@pytest.mark.parametrize(
    ("hashed_by", "verified_by", "verifies", "outdated"),
    [
        ("none", "none", True, False),
        ("none", "old", True, True),
        ("old", "old", True, False),
        ("old", "both", True, True),
        ("both", "both", True, False),
        ("both", "new", True, False),
        ("old", "new", False, True),
        ("old", "none", False, True),
    ],
)
def test_hash_needs_its_pepper_and_is_renewed_with_the_first(
    hashed_by, verified_by, verifies, outdated
):
    hashed = HASHERS[hashed_by].hash(COMPOSED)
    assert HASHERS[verified_by].verify(hashed, COMPOSED) is verifies
    assert HASHERS[verified_by].is_outdated(hashed) is outdated


def test_peppered_hash_of_other_parameters_is_outdated():
    previous = a_hasher(peppers=[OLD], time_cost=2).hash(COMPOSED)
    assert HASHERS["old"].verify(previous, COMPOSED)
    assert HASHERS["old"].is_outdated(previous)


def test_pepper_with_another_secret_does_not_match():
    hashed = HASHERS["old"].hash(COMPOSED)
    assert not a_hasher(peppers=[Pepper("old1", b"x" * 32)]).verify(hashed, COMPOSED)


@pytest.mark.asvs("16.2.5")
def test_missing_pepper_is_logged_once(caplog):
    hasher = a_hasher(peppers=[NEW])
    hashed = [HASHERS["old"].hash(COMPOSED), a_hasher(peppers=[Pepper("mid", b"m" * 32)]).hash("x")]
    with caplog.at_level(logging.DEBUG):
        for each in hashed * 3:
            assert not hasher.verify(each, COMPOSED)
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("ERROR", f"sys_pepper_missing: some hashes need pepper {name}, which is not set")
        for name in ("old1", "mid")
    ]


@pytest.mark.asvs("6.3.8")
def test_unknown_user_costs_as_much_with_a_pepper():
    hasher = a_hasher(peppers=[NEW, OLD], time_cost=2, memory_cost=16)
    assert hasher.verify(None, COMPOSED) is False
    marks = [
        split_pepper(each)
        for each in (hasher.dummy_hashes.choose("eve@example.com"), hasher.hash(COMPOSED))
    ]
    assert {mark for mark, _ in marks} == {"new2"}
    assert extract_parameters(marks[0][1]) == extract_parameters(marks[1][1])


@pytest.mark.parametrize(
    "broken",
    [
        "pepper=old1",
        "pepper=old1$",
        "pepper=$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$",
        "pepper=Old1$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$",
        "pepper=old1$argon2id$\n",
    ],
)
def test_malformed_hash_matches_no_password(broken):
    assert HASHERS["old"].verify(broken, COMPOSED) is False


def test_repr_hides_the_secret():
    assert repr(OLD) == "Pepper(id='old1')"
