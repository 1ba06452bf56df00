"""Imported users: the row of each, or the reason of its rejection."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from authsite.importing.imported_user import (
    ImportedUser,
    ImportRejected,
    RejectionReason,
)
from authsite.models.user import NO_LAST_NAME
from tests.factories import NOW
from tests.foreign_hashes import DEVISE, PASSWORD

HASH = DEVISE[PASSWORD]
#: A lone surrogate, which no database stores.
HALF = chr(0xD800)


def imported_user(**values) -> ImportedUser:
    """Return Ada, with these values changed."""
    known = {"first_name": "Ada", "last_name": "Lovelace", "password_hash": HASH}
    return ImportedUser(**{"external_id": "old:1", "email": "ada@example.com"} | known | values)


def rejection_reason(**values) -> RejectionReason:
    """Return why a user with these values is rejected."""
    with pytest.raises(ImportRejected) as refused:
        imported_user(**values).row(now=NOW)
    return refused.value.reason


def test_imported_user_becomes_a_row():
    verified = NOW - timedelta(days=3)
    row = imported_user(
        email="Ada@Example.com", email_verified_at=verified, created_at=NOW - timedelta(days=9)
    ).row(now=NOW)
    assert len(row.pop("id")) == 16
    assert row == {
        "first_name": "Ada",
        "last_name": "Lovelace",
        "email": "Ada@Example.com",
        "email_normalized": "ada@example.com",
        "password_hash": HASH,
        "created_at": NOW - timedelta(days=9),
        "email_verified_at": verified,
        "suspended_at": None,
        "suspension_reason": None,
        "external_id": "old:1",
    }


def test_row_gets_a_new_id():
    assert imported_user().row(now=NOW)["id"] != imported_user().row(now=NOW)["id"]


def test_missing_values_get_defaults():
    row = ImportedUser(external_id="old:2", email="grace.h@example.com").row(now=NOW)
    assert (row["first_name"], row["last_name"]) == ("grace.h", NO_LAST_NAME)
    assert (row["password_hash"], row["email_verified_at"]) == (None, None)
    assert row["created_at"] == NOW


@pytest.mark.parametrize(
    ("first_name", "last_name", "is_full"),
    [("Ada", "Lovelace", True), ("Ada", "", False), ("", "Lovelace", False), (" ", " ", False)],
)
def test_incomplete_name_is_filled_in(first_name, last_name, is_full):
    user = imported_user(first_name=first_name, last_name=last_name)
    assert user.has_full_name is is_full
    row = user.row(now=NOW)
    assert row["first_name"] == (first_name.strip() or "ada")
    assert row["last_name"] == (last_name.strip() or NO_LAST_NAME)


def test_inactive_user_is_suspended():
    row = imported_user(is_active=False).row(now=NOW)
    assert row["suspended_at"] == NOW
    assert "not active" in row["suspension_reason"]
    assert len(row["suspension_reason"]) <= 200


@pytest.mark.asvs("8.2.1")
def test_imported_user_is_no_administrator():
    assert "is_administrator" not in imported_user().row(now=NOW)


def test_times_are_not_in_the_future():
    later = NOW + timedelta(days=1)
    row = imported_user(created_at=later, email_verified_at=later).row(now=NOW)
    assert (row["created_at"], row["email_verified_at"]) == (NOW, NOW)
    elsewhere = datetime(2020, 1, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    row = imported_user(created_at=elsewhere).row(now=NOW)
    assert row["created_at"] == datetime(2020, 1, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"email": ""}, RejectionReason.EMAIL),
        ({"email": "ada"}, RejectionReason.EMAIL),
        ({"email": "ada@@example.com"}, RejectionReason.EMAIL),
        ({"email": "ada@example.com, eve@example.com"}, RejectionReason.EMAIL),
        ({"email": f"{'a' * 250}@example.com"}, RejectionReason.EMAIL),
        ({"email": "ada\ufffd@example.com"}, RejectionReason.EMAIL),
        ({"email": "ada\0@example.com"}, RejectionReason.EMAIL),
        ({"email": f"ada{HALF}@example.com"}, RejectionReason.EMAIL),
        ({"email": f"ada@ex{HALF}ample.com"}, RejectionReason.EMAIL),
        ({"first_name": "A" * 101}, RejectionReason.NAME),
        ({"last_name": "L" * 101}, RejectionReason.NAME),
        ({"first_name": "Ada\0"}, RejectionReason.NAME),
        ({"first_name": "Ad\ufffd"}, RejectionReason.NAME),
        ({"first_name": f"Ad{HALF}"}, RejectionReason.NAME),
        ({"last_name": "\u202eevil"}, RejectionReason.NAME),
        ({"last_name": "\u200b"}, RejectionReason.NAME),
        ({"password_hash": "secret"}, RejectionReason.HASH_UNKNOWN),
        ({"password_hash": ""}, RejectionReason.HASH_UNKNOWN),
        ({"password_hash": HASH[:-1]}, RejectionReason.HASH_UNKNOWN),
        ({"password_hash": f"{HASH}\0"}, RejectionReason.HASH_UNKNOWN),
        # Our own form as well: it would come from another site, with another pepper or none.
        (
            {"password_hash": "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$YWJj"},
            RejectionReason.HASH_UNKNOWN,
        ),
        ({"password_hash": HASH.replace("$04$", "$31$")}, RejectionReason.HASH_COSTS),
        ({"external_id": f"old:{'1' * 117}"}, RejectionReason.ID),
        ({"external_id": "old:\ufffd"}, RejectionReason.ID),
        ({"external_id": "old:\0"}, RejectionReason.ID),
        ({"external_id": f"old:{HALF}"}, RejectionReason.ID),
    ],
)
def test_unusable_user_is_rejected_with_a_reason(values, reason):
    assert rejection_reason(**values) is reason


def test_values_of_maximum_length_are_accepted():
    row = imported_user(external_id=f"old:{'1' * 116}", first_name="A" * 100).row(now=NOW)
    assert len(row["external_id"]) == 120
    local_part = "a" * 64
    row = imported_user(email=f"{local_part}@example.com", first_name="").row(now=NOW)
    assert row["first_name"] == local_part


def test_email_and_names_are_normalized_as_at_sign_up():
    row = imported_user(email=" ADA@example.COM ", first_name=" Rene\u0301e ").row(now=NOW)
    assert (row["email"], row["email_normalized"]) == ("ADA@example.COM", "ada@example.com")
    assert row["first_name"] == "Ren\u00e9e"


@pytest.mark.asvs("14.2.4")
def test_repr_hides_the_hash():
    assert HASH not in repr(imported_user())
