"""How passwords are kept: normalized, whole, and in such a way that they can be renewed."""

import pytest
from argon2 import Parameters, Type, extract_parameters
from argon2.exceptions import VerificationError
from hypothesis import given, settings
from hypothesis import strategies as st

from authsite.passwords.calibration import MIN_COSTS
from authsite.passwords.hasher import MAXIMUM_LENGTH, PasswordHasher, normalized
from authsite.settings.schema import PasswordSettings
from tests.factories import a_hasher
from tests.memory import TOO_MUCH, little_memory

COMPOSED, DECOMPOSED = "caf\u00e9 au lait", "cafe\u0301 au lait"

passwords = st.text(st.characters(exclude_categories=["Cs"]), max_size=MAXIMUM_LENGTH)


@pytest.fixture(scope="module")
def hasher() -> PasswordHasher:
    return a_hasher()


@pytest.mark.asvs("6.2.5", "6.2.8")
@settings(max_examples=50)
@given(passwords)
def test_every_password_matches_its_own_hash(hasher, password):
    assert hasher.verify(hasher.hash(password), password)


@given(passwords)
def test_normalizing_twice_is_normalizing_once(password):
    assert normalized(normalized(password)) == normalized(password)


def test_keyboards_that_compose_letters_otherwise_type_the_same_password(hasher):
    assert hasher.verify(hasher.hash(COMPOSED), DECOMPOSED)
    assert hasher.verify(hasher.hash(DECOMPOSED), COMPOSED)


@pytest.mark.asvs("6.2.8")
@pytest.mark.parametrize(
    ("password", "other"),
    [
        ("seven green llamas", "Seven green llamas"),
        ("seven green llamas", "seven green llamas "),
        ("seven green llamas", " seven green llamas"),
        ("seven green llamas", "seven green llama"),
        ("x" * 72 + "a", "x" * 72 + "b"),
        ("x" * 255 + "a", "x" * 255 + "b"),
        ("before\0after", "before\0other"),
        ("ﬁve green llamas", "five green llamas"),
        ("", " "),
    ],
)
def test_a_password_is_taken_exactly_as_typed(hasher, password, other):
    """No trimming, no folding of case, no truncation."""
    assert not hasher.verify(hasher.hash(password), other)


def test_the_same_password_is_never_hashed_to_the_same_text(hasher):
    assert hasher.hash(COMPOSED) != hasher.hash(COMPOSED)


@pytest.mark.asvs("11.4.2")
def test_a_hash_says_by_which_algorithm_and_parameters_it_was_made():
    """With the default settings, a salt of 128 bits and a hash of 256."""
    defaults = PasswordSettings()
    hashed = PasswordHasher(
        time_cost=defaults.time_cost,
        memory_cost=defaults.memory_cost,
        parallelism=defaults.parallelism,
    ).hash(COMPOSED)
    assert hashed.startswith("$argon2id$v=19$m=19456,t=3,p=1$")
    assert extract_parameters(hashed) == Parameters(
        type=Type.ID,
        version=19,
        salt_len=16,
        hash_len=32,
        time_cost=3,
        memory_cost=19_456,
        parallelism=1,
    )


@pytest.mark.asvs("11.4.2")
def test_the_default_costs_are_not_below_what_owasp_takes_for_the_least():
    defaults = PasswordSettings()
    assert any(
        defaults.memory_cost >= least.memory and defaults.time_cost >= least.passes
        for least in MIN_COSTS
    )


def test_every_hash_has_a_salt_of_its_own(hasher):
    salts = {hasher.hash(COMPOSED).split("$")[4] for _ in range(20)}
    assert len(salts) == 20


@pytest.mark.parametrize("password", ["", "password", COMPOSED, "x" * MAXIMUM_LENGTH])
def test_nobody_has_a_password(hasher, password):
    assert hasher.verify(None, password) is False


@pytest.mark.asvs("6.3.8")
def test_nobodys_hash_costs_what_everybody_elses_does():
    """No one can tell by the time whether there is an account."""
    hasher = a_hasher(time_cost=2, memory_cost=16)
    nobodys, somebodys = hasher._dummy_hash, hasher.hash(COMPOSED)
    assert extract_parameters(nobodys) == extract_parameters(somebodys)
    assert not hasher.is_outdated(nobodys)


@pytest.mark.asvs("16.5.3")
def test_a_machine_without_memory_says_nothing_of_the_password(hasher):
    """Neither that it is right, nor that it is wrong."""
    huge = hasher.hash(COMPOSED).replace("m=8,", f"m={TOO_MUCH},")
    with little_memory(), pytest.raises(VerificationError, match="Memory allocation error"):
        hasher.verify(huge, COMPOSED)


def test_two_sites_do_not_share_nobodys_hash():
    assert a_hasher()._dummy_hash != a_hasher()._dummy_hash


@pytest.mark.asvs("11.2.2")
@pytest.mark.parametrize("changed", [{"time_cost": 2}, {"memory_cost": 16}])
def test_a_hash_of_former_parameters_still_matches_and_is_known_to_be_outdated(hasher, changed):
    former = a_hasher(**changed).hash(COMPOSED)
    assert hasher.verify(former, COMPOSED)
    assert hasher.is_outdated(former)


def test_a_hash_of_todays_parameters_is_not_outdated(hasher):
    assert not hasher.is_outdated(hasher.hash(COMPOSED))


@pytest.mark.asvs("11.2.5")
@pytest.mark.parametrize(
    "broken",
    [
        "",
        "password",
        "$argon2id$",
        "$argon2id$v=19$m=8,t=1,p=1$AAAA$",
        "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$!!!",
        "$2b$12$abcdefghijklmnopqrstuuJ1n1nOYYpXoRlvYcV0FXcOhqPnY6nZK",
        "$argon2id$v=19$m=8,t=1,p=1$c\u00e9",
    ],
)
def test_a_broken_hash_matches_no_password(hasher, broken):
    """What cannot be read lets nobody in."""
    assert hasher.verify(broken, "password") is False
    assert hasher.verify(broken, "") is False
