"""Who of those that another system knew can have an account here, and as whom."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from authsite.importing.imported_user import (
    NO_LAST_NAME,
    ImportedUser,
    ImportRejected,
    RejectionReason,
)
from tests.factories import NOW
from tests.foreign_hashes import DEVISE, PASSWORD

HASH = DEVISE[PASSWORD]
#: Half of a character, which no database takes.
HALF = chr(0xD800)


def somebody(**values) -> ImportedUser:
    """Return Ada, or whom the values say."""
    known = {"first_name": "Ada", "last_name": "Lovelace", "password_hash": HASH}
    return ImportedUser(**{"external_id": "old:1", "email": "ada@example.com"} | known | values)


def why(**values) -> RejectionReason:
    """Return why this person cannot come."""
    with pytest.raises(ImportRejected) as refused:
        somebody(**values).row(now=NOW)
    return refused.value.reason


def test_a_person_becomes_a_row():
    proven = NOW - timedelta(days=3)
    row = somebody(
        email="Ada@Example.com", email_verified_at=proven, created_at=NOW - timedelta(days=9)
    ).row(now=NOW)
    assert len(row.pop("id")) == 16
    assert row == {
        "first_name": "Ada",
        "last_name": "Lovelace",
        "email": "Ada@Example.com",
        "email_normalized": "ada@example.com",
        "password_hash": HASH,
        "created_at": NOW - timedelta(days=9),
        "email_verified_at": proven,
        "suspended_at": None,
        "suspension_reason": None,
        "external_id": "old:1",
    }


def test_everybody_gets_an_id_of_their_own():
    assert somebody().row(now=NOW)["id"] != somebody().row(now=NOW)["id"]


def test_what_is_not_known_is_made_up():
    row = ImportedUser(external_id="old:2", email="grace.h@example.com").row(now=NOW)
    assert (row["first_name"], row["last_name"]) == ("grace.h", NO_LAST_NAME)
    assert (row["password_hash"], row["email_verified_at"]) == (None, None)
    assert row["created_at"] == NOW


@pytest.mark.parametrize(
    ("first_name", "last_name", "is_full"),
    [("Ada", "Lovelace", True), ("Ada", "", False), ("", "Lovelace", False), (" ", " ", False)],
)
def test_it_is_known_whose_name_is_made_up(first_name, last_name, is_full):
    person = somebody(first_name=first_name, last_name=last_name)
    assert person.has_full_name is is_full
    row = person.row(now=NOW)
    assert row["first_name"] == (first_name.strip() or "ada")
    assert row["last_name"] == (last_name.strip() or NO_LAST_NAME)


def test_who_was_not_active_is_frozen():
    row = somebody(is_active=False).row(now=NOW)
    assert row["suspended_at"] == NOW
    assert "not active" in row["suspension_reason"]
    assert len(row["suspension_reason"]) <= 200


@pytest.mark.asvs("8.2.1")
def test_imported_user_is_no_administrator():
    assert "is_administrator" not in somebody().row(now=NOW)


def test_nothing_happened_in_the_future():
    later = NOW + timedelta(days=1)
    row = somebody(created_at=later, email_verified_at=later).row(now=NOW)
    assert (row["created_at"], row["email_verified_at"]) == (NOW, NOW)
    elsewhere = datetime(2020, 1, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    row = somebody(created_at=elsewhere).row(now=NOW)
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
        # Ours as well: it would be one of another site, with another pepper or none.
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
def test_who_cannot_come_is_told_why(values, reason):
    assert why(**values) is reason


def test_what_is_just_not_too_long_is_kept():
    row = somebody(external_id=f"old:{'1' * 116}", first_name="A" * 100).row(now=NOW)
    assert len(row["external_id"]) == 120
    local_part = "a" * 64
    row = somebody(email=f"{local_part}@example.com", first_name="").row(now=NOW)
    assert row["first_name"] == local_part


def test_addresses_and_names_are_taken_as_the_sign_up_takes_them():
    row = somebody(email=" ADA@example.COM ", first_name=" Rene\u0301e ").row(now=NOW)
    assert (row["email"], row["email_normalized"]) == ("ADA@example.COM", "ada@example.com")
    assert row["first_name"] == "Ren\u00e9e"


@pytest.mark.asvs("14.2.4")
def test_a_person_does_not_say_their_hash():
    assert HASH not in repr(somebody())
