"""Password hashes: normalized, not truncated, and renewable."""

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
def test_password_matches_its_own_hash(hasher, password):
    assert hasher.verify(hasher.hash(password), password)


@given(passwords)
def test_normalization_is_idempotent(password):
    assert normalized(normalized(password)) == normalized(password)


def test_composed_and_decomposed_passwords_match(hasher):
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
def test_similar_password_does_not_match(hasher, password, other):
    """No trimming, no folding of case, no truncation."""
    assert not hasher.verify(hasher.hash(password), other)


def test_same_password_has_different_hashes(hasher):
    assert hasher.hash(COMPOSED) != hasher.hash(COMPOSED)


@pytest.mark.asvs("11.4.2")
def test_hash_names_its_algorithm_and_parameters():
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
def test_default_costs_meet_the_minimum_of_owasp():
    defaults = PasswordSettings()
    assert any(
        defaults.memory_cost >= least.memory and defaults.time_cost >= least.passes
        for least in MIN_COSTS
    )


def test_each_hash_has_its_own_salt(hasher):
    salts = {hasher.hash(COMPOSED).split("$")[4] for _ in range(20)}
    assert len(salts) == 20


@pytest.mark.parametrize("password", ["", "password", COMPOSED, "x" * MAXIMUM_LENGTH])
def test_missing_hash_matches_no_password(hasher, password):
    assert hasher.verify(None, password) is False


@pytest.mark.asvs("6.3.8")
def test_dummy_hash_costs_as_much_as_others():
    """The time of an answer does not reveal whether there is an account."""
    hasher = a_hasher(time_cost=2, memory_cost=16)
    dummy, real = hasher.dummy_hashes.choose("eve@example.com"), hasher.hash(COMPOSED)
    assert extract_parameters(dummy) == extract_parameters(real)
    assert not hasher.is_outdated(dummy)


@pytest.mark.asvs("16.5.3")
def test_verify_without_memory_raises(hasher):
    """The password is neither right nor wrong."""
    huge = hasher.hash(COMPOSED).replace("m=8,", f"m={TOO_MUCH},")
    with little_memory(), pytest.raises(VerificationError, match="Memory allocation error"):
        hasher.verify(huge, COMPOSED)


def test_dummy_hash_differs_between_hashers():
    dummies = [a_hasher().dummy_hashes.choose("eve@example.com") for _ in range(2)]
    assert dummies[0] != dummies[1]


@pytest.mark.asvs("11.2.2")
@pytest.mark.parametrize("changed", [{"time_cost": 2}, {"memory_cost": 16}])
def test_hash_of_other_parameters_matches_and_is_outdated(hasher, changed):
    previous = a_hasher(**changed).hash(COMPOSED)
    assert hasher.verify(previous, COMPOSED)
    assert hasher.is_outdated(previous)


def test_hash_of_current_parameters_is_not_outdated(hasher):
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
def test_malformed_hash_matches_no_password(hasher, broken):
    """An unreadable hash never signs a user in."""
    assert hasher.verify(broken, "password") is False
    assert hasher.verify(broken, "") is False
