"""Columns are found in every spelling, and missing ones are reported."""

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
def test_password_column_is_found_in_every_spelling(names, password):
    assert find_columns(names, {})["password"] == password


def test_columns_of_all_fields_are_found():
    names = ["id", "E-Mail", "firstName", "last_name", "name", "hash", "email_verified"]
    names += ["created_at", "is_active", "locked_at", "banExpires", "deleted_at"]
    assert find_columns(names, {}) == dict(zip(FIELDS, names, strict=True))


def test_similar_column_names_are_ignored():
    assert find_columns(["reset_password_token", "unconfirmed_email", "username"], {}) == {}


def test_first_of_two_spellings_is_used():
    assert find_columns(["Email", "email"], {}) == {"email": "Email"}


def test_chosen_columns_override_detected_ones():
    names = ["email", "given", "hash", "password"]
    chosen = {"first_name": "given", "password": "hash", "email": ""}
    assert find_columns(names, chosen) == {"first_name": "given", "password": "hash"}


def test_missing_chosen_column_lists_existing_ones():
    with pytest.raises(UnusableSource) as refused:
        require_columns([], ["email", "hash"], chosen={"password": "pw"}, where="the first line")
    assert str(refused.value) == (
        "there is no column pw for password: the first line has: email, hash"
    )


def test_missing_required_column_is_named():
    with pytest.raises(
        UnusableSource, match="no column looks like password\\. Name it with --map password="
    ):
        require_columns(["email", "password"], ["email"], chosen={}, where="the table users")


def test_required_password_can_be_waived():
    assert require_columns(
        ["email", "password"], ["email", "hash"], chosen={"password": ""}, where=""
    ) == {"email": "email"}


def test_required_email_cannot_be_waived():
    with pytest.raises(UnusableSource, match="no column looks like email"):
        require_columns(["email"], ["email"], chosen={"email": ""}, where="")
