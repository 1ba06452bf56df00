"""`authsite user list`: who has an account, and of what kind."""

import json

import pytest
import sqlalchemy as sa

from authsite.accounts.find_users import BATCH
from authsite.models import User
from authsite.tokens import new_id
from tests.factories import NOW, a_user


@pytest.fixture
def people(dbsession):
    """One in each state, and one in none."""
    proven = {"email_verified_at": NOW}
    a_user(dbsession, email="ada@example.com", is_administrator=True, **proven)
    a_user(dbsession, email="brian@example.com", suspended_at=NOW, suspension_reason="x", **proven)
    a_user(dbsession, email="clara@example.com", delete_after=NOW, **proven)
    a_user(dbsession, email="dora@example.com")
    a_user(dbsession, email="edsger@example.com", password_hash=None, **proven)
    dbsession.rollback()


def names(said):
    """Return the first words of the addresses that are printed."""
    return [line.split()[1].partition("@")[0] for line in said.splitlines()]


def test_everybody_is_printed_in_columns(shell, people):
    lines = shell("list").splitlines()
    assert [line.split()[1] for line in lines] == [
        f"{name}@example.com" for name in ("ada", "brian", "clara", "dora", "edsger")
    ]
    assert len({line.index("Grace Hopper") for line in lines}) == 1
    states = [line.partition("Hopper")[2].strip() for line in lines]
    assert states == ["administrator", "suspended", "closing", "unverified", ""]


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["--suspended"], ["brian"]),
        (["--admins"], ["ada"]),
        (["--closing"], ["clara"]),
        (["--unverified"], ["dora"]),
        (["c"], ["clara"]),
        (["c", "--suspended"], []),
        (["b", "--suspended"], ["brian"]),
        (["hop"], ["ada", "brian", "clara", "dora", "edsger"]),
        (["nobody"], []),
    ],
)
def test_some_are_printed(shell, people, arguments, found):
    assert names(shell("list", *arguments)) == found


def test_programs_get_a_line_for_each_and_no_hash(shell, people):
    lines = [json.loads(line) for line in shell("list", "--json").splitlines()]
    assert [line["has_password"] for line in lines] == [True] * 4 + [False]
    assert lines[1]["suspended_at"] == NOW.isoformat()
    assert {name for name in lines[0] if "hash" in name or "key" in name} == set()


def test_one_state_at_a_time(shell):
    assert "not allowed with" in shell.refused("list", "--suspended", "--admins", status=2)


def test_a_text_is_one_line(shell):
    assert "argument text" in shell.refused("list", "a\x00b", status=2)


def test_many_are_printed_as_they_are_read(shell, dbsession):
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
