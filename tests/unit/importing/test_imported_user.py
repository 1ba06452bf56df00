"""Who of those that another system knew can have an account here, and as whom."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from authsite.importing.imported_user import NO_LAST_NAME, CannotCome, ForeignUser, Reason
from tests.factories import NOW
from tests.foreign_hashes import DEVISE, PASSWORD

HASH = DEVISE[PASSWORD]
#: Half of a character, which no database takes.
HALF = chr(0xD800)


def somebody(**values) -> ForeignUser:
    """Return Ada, or whom the values say."""
    known = {"first_name": "Ada", "last_name": "Lovelace", "password_hash": HASH}
    return ForeignUser(**{"former_id": "old:1", "email": "ada@example.com"} | known | values)


def why(**values) -> Reason:
    """Return why this person cannot come."""
    with pytest.raises(CannotCome) as refused:
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
        "email_key": "ada@example.com",
        "password_hash": HASH,
        "created_at": NOW - timedelta(days=9),
        "email_verified_at": proven,
        "frozen_at": None,
        "frozen_reason": None,
        "former_id": "old:1",
    }


def test_everybody_gets_an_id_of_their_own():
    assert somebody().row(now=NOW)["id"] != somebody().row(now=NOW)["id"]


def test_what_is_not_known_is_made_up():
    row = ForeignUser(former_id="old:2", email="grace.h@example.com").row(now=NOW)
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
    assert row["frozen_at"] == NOW
    assert "not active" in row["frozen_reason"]
    assert len(row["frozen_reason"]) <= 200


@pytest.mark.asvs("8.2.1")
def test_nobody_becomes_an_administrator():
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
        ({"email": ""}, Reason.EMAIL),
        ({"email": "ada"}, Reason.EMAIL),
        ({"email": "ada@@example.com"}, Reason.EMAIL),
        ({"email": "ada@example.com, eve@example.com"}, Reason.EMAIL),
        ({"email": f"{'a' * 250}@example.com"}, Reason.EMAIL),
        ({"email": "ada\ufffd@example.com"}, Reason.EMAIL),
        ({"email": "ada\0@example.com"}, Reason.EMAIL),
        ({"email": f"ada{HALF}@example.com"}, Reason.EMAIL),
        ({"email": f"ada@ex{HALF}ample.com"}, Reason.EMAIL),
        ({"first_name": "A" * 101}, Reason.NAME),
        ({"last_name": "L" * 101}, Reason.NAME),
        ({"first_name": "Ada\0"}, Reason.NAME),
        ({"first_name": "Ad\ufffd"}, Reason.NAME),
        ({"first_name": f"Ad{HALF}"}, Reason.NAME),
        ({"last_name": "\u202eevil"}, Reason.NAME),
        ({"last_name": "\u200b"}, Reason.NAME),
        ({"password_hash": "secret"}, Reason.HASH_UNKNOWN),
        ({"password_hash": ""}, Reason.HASH_UNKNOWN),
        ({"password_hash": HASH[:-1]}, Reason.HASH_UNKNOWN),
        ({"password_hash": f"{HASH}\0"}, Reason.HASH_UNKNOWN),
        # Ours as well: it would be one of another site, with another pepper or none.
        ({"password_hash": "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$YWJj"}, Reason.HASH_UNKNOWN),
        ({"password_hash": HASH.replace("$04$", "$31$")}, Reason.HASH_COSTS),
        ({"former_id": f"old:{'1' * 117}"}, Reason.ID),
        ({"former_id": "old:\ufffd"}, Reason.ID),
        ({"former_id": "old:\0"}, Reason.ID),
        ({"former_id": f"old:{HALF}"}, Reason.ID),
    ],
)
def test_who_cannot_come_is_told_why(values, reason):
    assert why(**values) is reason


def test_what_is_just_not_too_long_is_kept():
    row = somebody(former_id=f"old:{'1' * 116}", first_name="A" * 100).row(now=NOW)
    assert len(row["former_id"]) == 120
    local_part = "a" * 64
    row = somebody(email=f"{local_part}@example.com", first_name="").row(now=NOW)
    assert row["first_name"] == local_part


def test_addresses_and_names_are_taken_as_the_sign_up_takes_them():
    row = somebody(email=" ADA@example.COM ", first_name=" Rene\u0301e ").row(now=NOW)
    assert (row["email"], row["email_key"]) == ("ADA@example.COM", "ada@example.com")
    assert row["first_name"] == "Ren\u00e9e"


@pytest.mark.asvs("14.2.4")
def test_a_person_does_not_say_their_hash():
    assert HASH not in repr(somebody())
