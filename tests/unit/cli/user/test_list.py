"""`authsite user list`: which accounts there are, and in which state."""

import json

import pytest
import sqlalchemy as sa

from authsite.accounts.search_users import BATCH
from authsite.models import User
from authsite.tokens import new_id
from tests.factories import NOW, a_user


@pytest.fixture
def accounts(dbsession):
    """One in each state, and one in none."""
    verified = {"email_verified_at": NOW}
    a_user(dbsession, email="ada@example.com", is_administrator=True, **verified)
    a_user(
        dbsession, email="brian@example.com", suspended_at=NOW, suspension_reason="x", **verified
    )
    a_user(dbsession, email="clara@example.com", delete_after=NOW, **verified)
    a_user(dbsession, email="dora@example.com")
    a_user(dbsession, email="edsger@example.com", password_hash=None, **verified)
    dbsession.rollback()


def names(printed):
    """Return what the printed email addresses begin with."""
    return [line.split()[1].partition("@")[0] for line in printed.splitlines()]


def test_all_accounts_are_listed_in_columns(shell, accounts):
    lines = shell("list").splitlines()
    assert [line.split()[1] for line in lines] == [
        f"{name}@example.com" for name in ("ada", "brian", "clara", "dora", "edsger")
    ]
    assert len({line.index("Grace Hopper") for line in lines}) == 1
    states = [line.partition("Hopper")[2].strip() for line in lines]
    assert states == ["administrator", "suspended", "pending-deletion", "unverified", ""]


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["--state", "suspended"], ["brian"]),
        (["--state", "administrator"], ["ada"]),
        (["--state", "pending-deletion"], ["clara"]),
        (["--state", "unverified"], ["dora"]),
        (["lar"], ["clara"]),
        (["lar", "--state", "suspended"], []),
        (["hop"], ["ada", "brian", "clara", "dora", "edsger"]),
    ],
)
def test_accounts_can_be_filtered(shell, accounts, arguments, found):
    assert names(shell("list", *arguments)) == found


def test_json_has_a_line_for_each_account_and_no_hash(shell, accounts):
    lines = [json.loads(line) for line in shell("list", "--json").splitlines()]
    assert [line["has_password"] for line in lines] == [True] * 4 + [False]
    assert lines[1]["suspended_at"] == NOW.isoformat()
    assert {name for name in lines[0] if "hash" in name or "key" in name} == set()


def test_many_accounts_are_listed_in_batches(shell, dbsession):
    rows = [
        {
            "id": new_id(),
            "first_name": "Number",
            "last_name": str(number),
            "email": f"number{number}@example.com",
            "email_normalized": f"number{number}@example.com",
            "created_at": NOW,
        }
        for number in range(2 * BATCH + 1)
    ]
    dbsession.execute(sa.insert(User), rows)
    dbsession.commit()
    printed = [line.split()[1] for line in shell("list").splitlines()]
    assert sorted(printed) == sorted(row["email"] for row in rows)
