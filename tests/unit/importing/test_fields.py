"""Which column is which, in whatever spelling, and what is said of one that is missing."""

import pytest

from authsite.importing.errors import UnusableSource
from authsite.importing.fields import FIELDS, find_columns, require_columns


@pytest.mark.parametrize(
    ("names", "password"),
    [
        (["hashed_password", "email"], "hashed_password"),
        (["hashedPassword", "email"], "hashedPassword"),
        (["password_hash", "email"], "password_hash"),
        (["passwordHash", "email"], "passwordHash"),
        (["encrypted_password", "reset_password_token"], "encrypted_password"),
        (["password_digest"], "password_digest"),
        (["password", "password_hash"], "password_hash"),
        (["PASSWORD"], "PASSWORD"),
        (["Password-Hash"], "Password-Hash"),
    ],
)
def test_the_password_is_found_in_every_spelling(names, password):
    assert find_columns(names, {})["password"] == password


def test_every_field_is_found():
    names = ["id", "E-Mail", "firstName", "last_name", "name", "hash", "email_verified"]
    names += ["created_at", "is_active"]
    assert find_columns(names, {}) == dict(zip(FIELDS, names, strict=True))


def test_what_is_called_otherwise_is_not_taken_for_it():
    assert find_columns(["reset_password_token", "unconfirmed_email", "username"], {}) == {}


def test_of_two_spellings_the_first_is_taken():
    assert find_columns(["Email", "email"], {}) == {"email": "Email"}


def test_what_somebody_says_counts_more():
    names = ["email", "given", "hash", "password"]
    chosen = {"first_name": "given", "password": "hash", "email": ""}
    assert find_columns(names, chosen) == {"first_name": "given", "password": "hash"}


def test_who_asks_for_a_column_that_is_not_there_is_told_what_is():
    with pytest.raises(UnusableSource) as refused:
        require_columns([], ["email", "hash"], chosen={"password": "pw"}, where="the first line")
    assert str(refused.value) == (
        "there is no column pw for password: the first line has: email, hash"
    )


def test_what_is_needed_and_not_there_is_named():
    with pytest.raises(
        UnusableSource, match="no column looks like password\\. Name it with --map password="
    ):
        require_columns(["email", "password"], ["email"], chosen={}, where="the table users")


def test_who_says_that_there_is_none_gets_along_without():
    assert require_columns(
        ["email", "password"], ["email", "hash"], chosen={"password": ""}, where=""
    ) == {"email": "email"}


def test_nobody_gets_along_without_an_address():
    with pytest.raises(UnusableSource, match="no column looks like email"):
        require_columns(["email"], ["email"], chosen={"email": ""}, where="")
