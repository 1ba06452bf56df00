"""Importing: everybody once, wholly or not at all, and a reason for whoever is left out."""

import threading
from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from authsite.accounts.email_links import Purpose, issue_link
from authsite.email_addresses import parse_email_address
from authsite.importing.import_users import dry_run, import_users
from authsite.importing.imported_user import ImportedUser, Rejection, RejectionReason
from authsite.models import User
from tests.factories import NOW, a_unit_of_work, a_user, some_noise
from tests.foreign_hashes import DEVISE, PASSWORD

HASH = DEVISE[PASSWORD]


def people(*numbers, **values) -> list[ImportedUser]:
    """Return people of another system, who differ by their numbers."""
    return [
        ImportedUser(
            **{
                "external_id": f"old:{number}",
                "email": f"old{number}@example.com",
                "first_name": "Ada",
                "last_name": "Lovelace",
                "password_hash": HASH,
            }
            | values
        )
        for number in numbers
    ]


@pytest.fixture
def imported(services):
    """Import people; return the sum of the counts, and all refusals."""

    def go(some, **options):
        counts, refused = Counter(), []
        for batch in import_users(services.database.write_engine.begin, some, now=NOW, **options):
            counts.update(batch.counts)
            refused += batch.rejected
        return {name: number for name, number in counts.items() if number}, refused

    return go


@pytest.fixture
def rows(dbsession):
    """What is kept of the people with a former id."""

    def look():
        dbsession.rollback()
        found = sa.select(User).where(User.external_id.is_not(None)).order_by(User.external_id)
        return list(dbsession.scalars(found))

    return look


def test_people_come_with_all_they_had(imported, rows, dbsession):
    some_noise(dbsession)
    created, proven = NOW - timedelta(days=9), NOW - timedelta(days=3)
    some = people(1, created_at=created, email_verified_at=proven) + people(2)
    assert imported(some) == ({"read": 2, "imported": 2}, [])
    first, second = rows()
    assert (first.external_id, first.email, first.email_normalized) == (
        "old:1",
        "old1@example.com",
        "old1@example.com",
    )
    assert (first.first_name, first.last_name, first.password_hash) == ("Ada", "Lovelace", HASH)
    assert (first.created_at, first.email_verified_at) == (created, proven)
    assert (second.created_at, second.email_verified_at, second.suspended_at) == (NOW, None, None)
    assert not first.is_administrator


def test_what_is_noteworthy_is_counted(imported, rows):
    some = people(1, password_hash=None) + people(2, last_name="") + people(3, is_active=False)
    counts, refused = imported(some)
    assert refused == []
    assert counts == {
        "read": 3,
        "imported": 3,
        "without_password": 1,
        "without_full_name": 1,
        "suspended": 1,
    }
    assert [row.suspended_at for row in rows()] == [None, None, NOW]


def test_nobody_is_imported_twice(imported, rows):
    assert imported(people(*range(5)))[0] == {"read": 5, "imported": 5}
    ids = [row.id for row in rows()]
    assert imported(people(*range(5))) == ({"read": 5, "already_imported": 5}, [])
    assert imported(people(*range(7))) == ({"read": 7, "imported": 2, "already_imported": 5}, [])
    assert [row.id for row in rows()][:5] == ids


def test_who_is_already_imported_is_left_as_they_are(imported, rows, dbsession):
    """Even the password that they had there, when they have another one here."""
    imported(people(1))
    dbsession.execute(sa.update(User).values(password_hash="ours", last_name="Byron"))
    dbsession.commit()
    assert imported(people(1))[0] == {"read": 1, "already_imported": 1}
    [row] = rows()
    assert (row.password_hash, row.last_name) == ("ours", "Byron")


def test_batches_are_yielded_as_they_are_committed(services, rows):
    batches = import_users(services.database.write_engine.begin, people(*range(5)), now=NOW, size=2)
    seen = [(batch.counts["imported"], len(rows())) for batch in batches]
    assert seen == [(2, 2), (2, 4), (1, 5)]


def test_a_batch_that_fails_leaves_nothing_of_itself(services, rows):
    """As when the machine stops: those before it are here wholly, the others not at all."""

    def broken_off():
        yield from people(*range(3))
        raise OSError

    batches = import_users(services.database.write_engine.begin, broken_off(), now=NOW, size=2)
    assert next(batches).counts["imported"] == 2
    with pytest.raises(OSError):  # noqa: PT011 - our own
        next(batches)
    assert len(rows()) == 2


@pytest.mark.parametrize("size", [500, 1])
def test_who_cannot_come_is_told_and_holds_nobody_up(imported, rows, size):
    cannot_be_read = Rejection("line 7", "", RejectionReason.UNREADABLE)
    some = [
        *people(1),
        *people(2, email="nobody"),
        cannot_be_read,
        *people(3, password_hash="md5"),
        *people(4),
    ]
    counts, refused = imported(some, size=size)
    assert counts == {"read": 5, "imported": 2, "rejected": 3}
    assert {(each.origin, each.reason) for each in refused} == {
        ("old:2", RejectionReason.EMAIL),
        ("line 7", RejectionReason.UNREADABLE),
        ("old:3", RejectionReason.HASH_UNKNOWN),
    }
    assert [row.external_id for row in rows()] == ["old:1", "old:4"]


def test_who_has_an_account_here_keeps_it(imported, rows, dbsession):
    owner = a_user(dbsession, email="old1@example.com")
    counts, [refused] = imported(people(1, email="OLD1@Example.com"))
    assert counts == {"read": 1, "rejected": 1}
    assert refused == Rejection("old:1", "OLD1@Example.com", RejectionReason.EMAIL_TAKEN)
    assert rows() == []
    dbsession.refresh(owner)
    assert owner.password_hash == "nobody knows the password"


@pytest.mark.parametrize("size", [500, 1])
def test_of_two_with_one_address_one_is_imported(imported, rows, size):
    some = people(1, email="Ada@example.com") + people(2, email="ada@EXAMPLE.com")
    counts, [refused] = imported(some, size=size)
    assert counts == {"read": 2, "imported": 1, "rejected": 1}
    assert refused == Rejection("old:2", "ada@EXAMPLE.com", RejectionReason.EMAIL_TWICE, "old:1")
    assert [row.external_id for row in rows()] == ["old:1"]


@pytest.mark.parametrize("size", [500, 1])
def test_of_two_with_one_id_one_is_imported(imported, rows, size):
    """Else a column that was taken for the id by mistake would make one account of them all."""
    some = people(1, 2, 3, external_id="old:7")
    counts, refused = imported(some, size=size)
    assert counts == {"read": 3, "imported": 1, "rejected": 2}
    assert {each.reason for each in refused} == {RejectionReason.ID_TWICE}
    assert len(rows()) == 1


def test_two_systems_may_have_the_same_ids(imported, rows):
    imported(people(1))
    assert imported(people(1, external_id="other:1", email="eve@example.com"))[0]["imported"] == 1
    assert imported(people(2, external_id="other:2", email="old1@example.com")) == (
        {"read": 1, "rejected": 1},
        [Rejection("other:2", "old1@example.com", RejectionReason.EMAIL_TAKEN)],
    )


@pytest.mark.parametrize(("days", "imports"), [(6, 0), (7, 1)])
def test_import_refuses_a_reserved_address(services, imported, dbsession, days, imports):
    """As sign-up does; others of the same batch are imported."""
    email = parse_email_address("old1@example.com")
    work = a_unit_of_work(services, dbsession, now=NOW - timedelta(days=days))
    issue_link(work, a_user(dbsession), Purpose.SECURE_ACCOUNT, email=email)
    dbsession.commit()
    counts, refused = imported(people(1, 2))
    assert counts["imported"] == 1 + imports
    assert [each.reason for each in refused] == [RejectionReason.EMAIL_TAKEN] * (1 - imports)


def test_a_rehearsal_says_the_same_and_leaves_nothing(services, rows, dbsession):
    a_user(dbsession, email="old3@example.com")
    begin = partial(dry_run, services.database.write_engine)
    [batch] = import_users(begin, people(1, 2, 3), now=NOW)
    assert (batch.counts["imported"], batch.counts["rejected"]) == (2, 1)
    assert rows() == []


def test_whoever_signs_up_at_the_same_moment_is_waited_for(services, imported, rows, dbsession):
    """Their account is not there yet when the import begins, and then it is in its way."""
    connection = services.database.write_engine.connect()
    signing_up = connection.begin()
    connection.execute(
        sa.insert(User.__table__).values(
            id="a" * 16,
            first_name="Ada",
            last_name="Byron",
            email="old1@example.com",
            email_normalized="old1@example.com",
            created_at=NOW,
        )
    )
    answers = []
    importing = threading.Thread(target=lambda: answers.append(imported(people(1, 2))))
    importing.start()
    wait_until_it_waits(services, importing)
    assert answers == []
    signing_up.commit()
    connection.close()
    importing.join()
    counts, [refused] = answers[0]
    assert counts == {"read": 2, "imported": 1, "rejected": 1}
    assert refused.reason is RejectionReason.EMAIL_TAKEN
    assert [row.external_id for row in rows()] == ["old:2"]


def wait_until_it_waits(services, thread):
    """Return when PostgreSQL says that somebody waits for another; SQLite says nothing."""
    waiting = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    for _ in range(1000):
        if services.database.is_sqlite:
            return
        with services.database.read_engine.connect() as connection:
            if connection.execute(waiting).scalar_one() or not thread.is_alive():
                return


def test_nobody_at_all_is_imported_from_nothing(imported):
    assert imported([]) == ({}, [])
