"""The list of passwords that most people use, and what is found on it."""

from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authsite.passwords.common_passwords import is_common
from tests.factories import a_policy

LIST = files("authsite").joinpath("passwords/common_passwords.txt").read_text("ascii").splitlines()
KNOWN = set(LIST)


@pytest.mark.asvs("6.2.4")
def test_the_list_has_more_than_the_three_thousand_that_one_might_choose():
    """Of at least eight characters, which shorter ones are refused for anyway."""
    assert len(KNOWN) == len(LIST) > 3000
    assert all(len(password) >= 8 and password == password.casefold() for password in LIST)


def test_the_most_used_come_first():
    assert LIST[:3] == ["password", "12345678", "123456789"]


def test_each_of_the_list_is_found_in_whatever_case():
    assert all(is_common(password) and is_common(password.upper()) for password in LIST)


@given(st.one_of(st.text(), st.sampled_from(LIST).map(lambda password: password[:-1])))
def test_nothing_else_is_found(password):
    assert is_common(password) == (password.casefold() in KNOWN)


@pytest.mark.parametrize(
    "password", ["", "\n", "ssword", "password\n12345678", "\npassword", "password 12345678"]
)
def test_a_part_of_the_list_is_not_on_it(password):
    assert not is_common(password)


@pytest.mark.asvs("6.2.4")
@pytest.mark.parametrize("name", ["jennifer", "michelle", "anderson", "Williams", "tomorrow"])
def test_names_and_words_that_are_not_on_the_list_are_refused_as_easy_to_guess(name):
    """The strength check has lists of names and words of its own."""
    assert not is_common(name)
    assert "easy to guess" in a_policy().explain_weakness(name, words=[])
