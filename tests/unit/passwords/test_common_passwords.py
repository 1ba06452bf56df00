"""The list of common passwords."""

import string
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authsite.passwords.common_passwords import is_common
from tests.factories import a_policy

LIST = files("authsite").joinpath("passwords/common_passwords.txt").read_text("ascii").splitlines()
KNOWN = set(LIST)
ADDED = string.digits + string.punctuation


@pytest.mark.asvs("6.2.4")
def test_list_has_over_3000_passwords_of_8_characters():
    """Shorter ones are refused by the minimum length."""
    assert len(KNOWN) == len(LIST) > 3000
    assert all(len(password) >= 8 and password == password.casefold() for password in LIST)


def test_list_begins_with_the_most_common():
    assert LIST[:3] == ["password", "12345678", "123456789"]


def test_listed_password_is_found_in_any_case():
    assert all(is_common(password) and is_common(password.upper()) for password in LIST)


@pytest.mark.asvs("6.2.4")
@pytest.mark.parametrize("added", ["1", "2024!", "!" * 12, "1234" * 60])
def test_listed_password_with_digits_or_symbols_added_is_found(added):
    """So more than 3000 refused passwords are as long as the minimum."""
    assert all(is_common(f"{password}{added}") for password in LIST)


@given(st.one_of(st.text(), st.sampled_from(LIST).map(lambda password: password[:-1])))
def test_unlisted_password_is_not_found(password):
    ends = [end for end in range(len(password) + 1) if not password[end:].strip(ADDED)]
    assert is_common(password) == any(password[:end].casefold() in KNOWN for end in ends)


@pytest.mark.parametrize(
    "password", ["password1a", "2024password", "my dragon24!", "2024", "passwordé1"]
)
def test_other_additions_are_not_found(password):
    assert not is_common(password)


@pytest.mark.parametrize(
    "password", ["", "\n", "ssword", "password\n12345678", "\npassword", "password 12345678"]
)
def test_part_of_the_list_is_not_found(password):
    assert not is_common(password)


@pytest.mark.asvs("6.2.4")
@pytest.mark.parametrize("name", ["jennifer", "michelle", "anderson", "Williams", "tomorrow"])
def test_unlisted_names_are_refused_as_easy_to_guess(name):
    """The strength meter has its own lists of names and words."""
    assert not is_common(name)
    assert "easy to guess" in a_policy(minimum_length=8).explain_weakness(name, words=[])
