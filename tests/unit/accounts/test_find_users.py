"""Finding users as administrators do, without secrets."""

import itertools
from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.accounts.find_users import (
    BATCH,
    State,
    UserSummary,
    find_users,
    get_summary,
    get_summary_by_email,
    iter_users,
)
from authsite.models import User
from authsite.tokens import new_id
from tests.factories import NOW, a_user, some_noise


@pytest.fixture
def users(dbsession):
    """The ids of four users by first name, among others."""
    some_noise(dbsession)
    names = ("Ada Lovelace", "Adele Goldberg", "Grace Hopper", "Barbara Liskov")
    ids = {}
    for name in names:
        first_name, last_name = name.split()
        email = f"{first_name}@{last_name}.example"
        user = a_user(dbsession, first_name=first_name, last_name=last_name, email=email)
        ids[first_name] = user.id
    return ids


def found(dbsession, text, **wanted):
    """Return the first names of the users found."""
    return [user.first_name for user in find_users(dbsession, text, **{"limit": 9} | wanted)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("ada@lovelace.example", ["Ada"]),
        ("ADA@Lovelace.Example", ["Ada"]),
        ("ad", ["Ada", "Adele"]),
        ("ada ", ["Ada"]),
        ("ADA L", ["Ada"]),
        ("gold", ["Adele"]),
        ("oldberg", []),
        ("%", []),
        ("a_a", []),
        ("barbara@liskov.example.com", []),
    ],
)
def test_users_are_found_by_prefix_of_email_or_name(dbsession, users, text, names):
    assert found(dbsession, text) == names


def test_users_are_found_by_their_whole_id(dbsession, users):
    assert found(dbsession, users["Grace"]) == ["Grace"]
    assert found(dbsession, users["Grace"][:15]) == []


def test_whole_email_finds_this_user_only(dbsession, users):
    a_user(dbsession, email="ada@lovelace.example.com")
    assert found(dbsession, "ada@lovelace.example") == ["Ada"]
    assert [len(each) for each in iter_users(dbsession, "ada@lovelace.example")] == [1]
    assert found(dbsession, "ada@lovelace") == ["Ada", "Grace"]
    assert found(dbsession, "ada@lovelace.example", state=State.SUSPENDED) == []


def test_users_are_paged_in_order_of_email(dbsession, users):
    all_emails = [user.email for user in find_users(dbsession, "", limit=99)]
    assert len(all_emails) == 7
    assert all_emails[:2] == ["Ada@Lovelace.example", "Adele@Goldberg.example"]
    pages, after = [], None
    for _ in range(3):
        pages.append(find_users(dbsession, "", after=after, limit=3))
        after = pages[-1][-1].id
    assert [len(page) for page in pages] == [3, 3, 1]
    assert [user.email for page in pages for user in page] == all_emails
    assert find_users(dbsession, "", after=after, limit=3) == []
    assert find_users(dbsession, "", after="unknown", limit=3) == []


@pytest.mark.parametrize(
    ("state", "values"),
    [
        (State.SUSPENDED, {"suspended_at": NOW, "suspension_reason": "Too many mails."}),
        (State.PENDING_DELETION, {"delete_after": NOW}),
        (State.ADMINISTRATOR, {"is_administrator": True}),
    ],
)
def test_users_are_filtered_by_state(dbsession, users, state, values):
    ada = sa.update(User).where(User.id == users["Ada"])
    dbsession.execute(ada.values(email_verified_at=NOW, **values))
    [only] = find_users(dbsession, "", state=state, limit=9)
    assert (only.id, only.states) == (users["Ada"], [state])
    assert find_users(dbsession, "grace", state=state, limit=9) == []


def test_unverified_users_can_be_found(dbsession, users):
    dbsession.execute(sa.update(User).values(email_verified_at=NOW))
    assert find_users(dbsession, "", state=State.UNVERIFIED, limit=9) == []
    a_user(dbsession, first_name="Edith")
    assert found(dbsession, "", state=State.UNVERIFIED) == ["Edith"]


@pytest.mark.asvs("14.2.6")
def test_summary_has_no_hash_but_has_password(dbsession):
    some_noise(dbsession)
    hush = a_user(dbsession, email="Ada@example.com", password_hash="hush-hush")
    none = a_user(dbsession, password_hash=None)
    summary = get_summary(dbsession, hush.id)
    assert summary.has_password
    assert "hush" not in repr(summary)
    assert summary.full_name == "Grace Hopper"
    assert not get_summary(dbsession, none.id).has_password
    assert get_summary_by_email(dbsession, "ADA@example.com") == summary
    assert {name for name in UserSummary._fields if "hash" in name} == set()


def test_unknown_user_has_no_summary(dbsession, users):
    assert get_summary(dbsession, "unknown") is None
    assert get_summary(dbsession, "ada@lovelace.example") is None
    assert get_summary_by_email(dbsession, users["Ada"]) is None
    assert get_summary_by_email(dbsession, "ada@lovelace") is None


def test_users_are_iterated_in_batches(dbsession):
    rows = [
        {
            "id": new_id(),
            "first_name": "Number",
            "last_name": str(number),
            "email": f"number{number:04}@example.com",
            "email_normalized": f"number{number:04}@example.com",
            "created_at": NOW - timedelta(days=1),
        }
        for number in range(BATCH + 1)
    ]
    dbsession.execute(sa.insert(User), rows)
    a_user(dbsession, email="zoe@example.com", email_verified_at=NOW)
    batches = list(itertools.islice(iter_users(dbsession, ""), 3))
    assert [len(batch) for batch in batches] == [BATCH, 2]
    emails = [user.email for batch in batches for user in batch]
    assert emails == [*(row["email"] for row in rows), "zoe@example.com"]
    assert list(iter_users(dbsession, "z", state=State.UNVERIFIED)) == []
