"""Finding users as administrators do, without secrets."""

import pytest
import sqlalchemy as sa

from authsite.accounts.find_users import (
    State,
    UserSummary,
    find_exact,
    get_summary,
    get_summary_by_email,
    list_users,
)
from authsite.models import User
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


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ada@lovelace.example", "Ada"),
        ("ADA@Lovelace.Example", "Ada"),
        ("barbara@liskov.example.com", None),
        ("ada", None),
    ],
)
def test_users_are_found_by_whole_email(dbsession, users, text, name):
    found = find_exact(dbsession, text)
    assert (found and found.first_name) == name


def test_users_are_found_by_their_whole_id(dbsession, users):
    assert find_exact(dbsession, users["Grace"]).first_name == "Grace"
    assert find_exact(dbsession, users["Grace"][:15]) is None


def test_users_are_paged_in_order_of_email(dbsession, users):
    all_emails = [user.email for user in list_users(dbsession, limit=99)]
    assert len(all_emails) == 7
    assert all_emails[:2] == ["Ada@Lovelace.example", "Adele@Goldberg.example"]
    pages, after = [], None
    for _ in range(3):
        pages.append(list_users(dbsession, after=after, limit=3))
        after = pages[-1][-1].id
    assert [len(page) for page in pages] == [3, 3, 1]
    assert [user.email for page in pages for user in page] == all_emails
    assert list_users(dbsession, after=after, limit=3) == []
    assert list_users(dbsession, after="unknown", limit=3) == []


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
    [only] = list_users(dbsession, state=state, limit=9)
    assert (only.id, only.states) == (users["Ada"], [state])


def test_unverified_users_can_be_found(dbsession, users):
    dbsession.execute(sa.update(User).values(email_verified_at=NOW))
    assert list_users(dbsession, state=State.UNVERIFIED, limit=9) == []
    a_user(dbsession, first_name="Edith")
    [only] = list_users(dbsession, state=State.UNVERIFIED, limit=9)
    assert only.first_name == "Edith"


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
