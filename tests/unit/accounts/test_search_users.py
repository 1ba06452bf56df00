"""Searching users by parts of names and email addresses."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from authsite.accounts import search_text
from authsite.accounts.find_users import NoSuchPage, State
from authsite.accounts.search_users import BATCH, iter_users, search_users
from authsite.models import User
from authsite.tokens import new_id
from tests.factories import NOW, a_user, some_noise


@pytest.fixture
def users(dbsession):
    """The ids of users by first name, among others."""
    some_noise(dbsession)
    names = ("Ada Lovelace", "Adele Goldberg", "Grace Hopper", "Barbara Liskov", "Zoë O'Li-Ärm")
    ids = {}
    for name in names:
        first_name, last_name = name.split()
        email = f"{first_name}@{last_name}.example".replace("Zoë@O'Li-Ärm", "z_e@100")
        user = a_user(dbsession, first_name=first_name, last_name=last_name, email=email)
        ids[first_name] = user.id
    return ids


def found(dbsession, text, **wanted):
    """Return the first names of the users found."""
    page = search_users(dbsession, text, **{"limit": 9} | wanted)
    assert page.more is None
    return [user.first_name for user, _ in page.found]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("ada@lovelace.example", ["Ada"]),
        ("ADA@Lovelace.Example", ["Ada"]),
        ("ad", ["Ada", "Adele"]),
        ("ADA L", ["Ada"]),
        ("love ada", ["Ada"]),
        ("ada love hopper", []),
        ("gold", ["Adele"]),
        ("oldberg", ["Adele"]),
        ("elac", ["Ada"]),
        ("a@l", ["Ada", "Barbara"]),
        ("skov.ex", ["Barbara"]),
        ("@hopper", ["Grace"]),
        ("zoë", ["Zoë"]),
        ("o'li-är", ["Zoë"]),
        ("är", ["Zoë"]),
        ("da", []),
        ("b", ["Barbara"]),
        ("%", []),
        ("l%e", []),
        ("a_a", []),
        ("z_e", ["Zoë"]),
        ("_e@1", ["Zoë"]),
        ('"', []),
        ('ada" OR "grace', []),
        ("ada*", []),
        ("text:ada", []),
        ("\\", []),
        ("\N{MAN}\N{ZERO WIDTH JOINER}", []),
        ("unknown", []),
        ("barbara@liskov.example.com", []),
    ],
)
def test_users_are_found_by_any_part_of_name_or_email(dbsession, users, text, names):
    assert found(dbsession, text) == names


def test_case_is_ignored_beyond_ascii(dbsession, users):
    assert found(dbsession, "ZOË") == ["Zoë"]


def test_exact_match_is_the_only_one(dbsession, users):
    a_user(dbsession, email="ada@lovelace.example.com")
    assert found(dbsession, "ada@lovelace.example") == ["Ada"]
    assert found(dbsession, users["Ada"]) == ["Ada"]
    assert [len(each) for each in iter_users(dbsession, "ada@lovelace.example")] == [1]
    assert sorted(found(dbsession, "ada@lovelace")) == ["Ada", "Grace"]
    assert found(dbsession, "ada@lovelace.example", state=State.SUSPENDED) == []
    assert found(dbsession, "ada@lovelace.example", state=State.UNVERIFIED) == ["Ada"]
    assert found(dbsession, "ada@lovelace.example", after=users["Ada"]) == []


def test_search_is_restricted_to_a_state(dbsession, users):
    adele = sa.update(User).where(User.id == users["Adele"])
    dbsession.execute(adele.values(suspended_at=NOW))
    assert found(dbsession, "ad", state=State.SUSPENDED) == ["Adele"]
    assert found(dbsession, "grace", state=State.SUSPENDED) == []


def test_search_follows_changes_and_deletions(dbsession, users):
    ada = dbsession.get(User, users["Ada"])
    ada.last_name, ada.email_normalized = "Byron", "augusta@byron.example"
    dbsession.flush()
    assert found(dbsession, "lovelace") == []
    assert found(dbsession, "augusta byr") == ["Ada"]
    dbsession.delete(ada)
    dbsession.flush()
    assert found(dbsession, "byron") == []
    if dbsession.get_bind().dialect.name == "sqlite":  # no copy of the name is left
        for table in ("authsite_user_search", "authsite_user_search_row"):
            count = dbsession.scalar(sa.text(f"SELECT count(*) FROM {table}"))
            assert count == dbsession.scalar(sa.select(sa.func.count()).select_from(User))


def people(dbsession, number, **values):
    """Add people whose email addresses begin with their number."""
    rows = [
        {
            "id": new_id(),
            "first_name": "Number",
            "last_name": str(count),
            "email": f"{count:04}number@example.com",
            "email_normalized": f"{count:04}number@example.com",
            "created_at": NOW - timedelta(days=1),
        }
        | values
        for count in range(number)
    ]
    dbsession.execute(sa.insert(User), rows)
    return [row["email"] for row in rows]


@pytest.mark.parametrize("text", ["number", "n"])
def test_pages_have_every_match_once(dbsession, text):
    emails, pages, after = people(dbsession, 10), [], None
    a_user(dbsession, first_name="Edith")
    while after or not pages:
        page = search_users(dbsession, text, after=after, limit=4)
        pages.append([user.email for user, _ in page.found])
        after = page.more
    assert [len(page) for page in pages] == [4, 4, 2]
    assert all(page == sorted(page) for page in pages)
    assert sorted([each for page in pages for each in page]) == emails


def test_pages_survive_the_deletion_of_their_last_account(dbsession):
    people(dbsession, 3)
    first = search_users(dbsession, "number", limit=2)
    for user, _ in first.found:
        dbsession.execute(sa.delete(User).where(User.id == user.id))
    assert len(found(dbsession, "number", after=first.more)) == 1


@pytest.mark.parametrize("after", ["", "x", "A" * 17, "1" * 19])
def test_malformed_page_is_refused(dbsession, after):
    with pytest.raises(NoSuchPage):
        search_users(dbsession, "ada", after=after, limit=9)


def test_rare_matches_are_found_behind_many_others(dbsession, users, monkeypatch):
    monkeypatch.setattr(search_text, "_ROWS_PER_MATCH", 1)
    people(dbsession, 300)
    assert found(dbsession, "oldberg") == ["Adele"]
    assert found(dbsession, "elac") == ["Ada"]
    first = search_users(dbsession, "lovelace", limit=1)
    assert [user.first_name for user, _ in first.found] == ["Ada"]
    assert first.more is None


def test_users_are_iterated_in_batches(dbsession):
    emails = people(dbsession, BATCH + 1)
    a_user(dbsession, email="zoe@example.com", email_verified_at=NOW)
    batches = list(iter_users(dbsession, ""))
    assert [len(batch) for batch in batches] == [BATCH, 2]
    assert [user.email for batch in batches for user, _ in batch] == [*emails, "zoe@example.com"]
    assert list(iter_users(dbsession, "zoe", state=State.UNVERIFIED)) == [[]]
    assert sum(map(len, iter_users(dbsession, "number"))) == BATCH + 1


PART = st.text(alphabet="ab%_\"'*-.@\\ß", min_size=3, max_size=6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PART, PART)
def test_any_part_of_a_name_finds_it(dbsession, part, other):
    """Whatever characters it has, and no name without it."""
    names = (f"a {part}{other} b", f"{other}", "Number")
    for name in names:
        dbsession.add(_person(name))
    dbsession.flush()
    assert set(found(dbsession, part)) == {
        name for name in names if part.casefold() in f"{name} x p@example.com".casefold()
    }
    dbsession.rollback()


def _person(name):
    user_id = new_id()
    email = f"p@example.com{user_id}"
    return User(
        id=user_id,
        first_name=name,
        last_name="x",
        email=email,
        email_normalized=email,
        created_at=NOW,
    )
