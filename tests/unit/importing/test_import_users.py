"""Importing users: each once, completely or with a reason why not."""

import threading
import time
from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from authsite.accounts.email_links import Purpose, issue_link
from authsite.email_addresses import parse_email_address
from authsite.importing.delimited import read_csv
from authsite.importing.import_users import dry_run, import_users
from authsite.importing.imported_user import ImportedUser, Rejection, RejectionReason
from authsite.importing.lines import open_lines
from authsite.importing.reader import Reader
from authsite.importing.source import ImportOptions
from authsite.models import User
from authsite.passwords.legacy_hashes.formats import tag_raw
from tests.factories import NOW, a_unit_of_work, a_user, some_noise
from tests.foreign_hashes import DEVISE, PASSWORD

HASH = DEVISE[PASSWORD]


def some_users(*numbers, **values) -> list[ImportedUser]:
    """Return users of another system, who differ by their numbers."""
    return [
        ImportedUser(
            **{
                "external_id": f"old:{number}",
                "email": f"old{number}@example.com",
                "first_name": "Ada",
                "last_name": "Lovelace",
                "password_hash": HASH,
                "place": f"row {number}",
            }
            | values
        )
        for number in numbers
    ]


@pytest.fixture
def imported(services):
    """Import users; return the sums of the counts and all rejections."""

    def go(users, **options):
        counts, refused = Counter(), []
        for batch in import_users(services.database.write_engine.begin, users, now=NOW, **options):
            counts.update(batch.counts)
            refused += batch.rejected
        return {name: number for name, number in counts.items() if number}, refused

    return go


@pytest.fixture
def rows(dbsession):
    """Return a function that reads the users with an external id."""

    def read():
        dbsession.rollback()
        found = sa.select(User).where(User.external_id.is_not(None)).order_by(User.external_id)
        return list(dbsession.scalars(found))

    return read


def test_import_stores_all_values(imported, rows, dbsession):
    some_noise(dbsession)
    created, verified = NOW - timedelta(days=9), NOW - timedelta(days=3)
    users = some_users(1, created_at=created, email_verified_at=verified) + some_users(2)
    assert imported(users) == ({"read": 2, "imported": 2}, [])
    first, second = rows()
    assert (first.external_id, first.email, first.email_normalized) == (
        "old:1",
        "old1@example.com",
        "old1@example.com",
    )
    assert (first.first_name, first.last_name, first.password_hash) == ("Ada", "Lovelace", HASH)
    assert (first.created_at, first.email_verified_at) == (created, verified)
    assert (second.created_at, second.email_verified_at, second.suspended_at) == (NOW, None, None)
    assert not first.is_administrator


def test_import_counts_incomplete_and_suspended_users(imported, rows):
    users = (
        some_users(1, password_hash=None)
        + some_users(2, last_name="")
        + some_users(3, is_active=False)
    )
    counts, refused = imported(users)
    assert refused == []
    assert counts == {
        "read": 3,
        "imported": 3,
        "without_password": 1,
        "without_full_name": 1,
        "suspended": 1,
    }
    assert [row.suspended_at for row in rows()] == [None, None, NOW]


def test_repeated_import_adds_new_users_only(imported, rows):
    assert imported(some_users(*range(5)))[0] == {"read": 5, "imported": 5}
    ids = [row.id for row in rows()]
    assert imported(some_users(*range(5))) == ({"read": 5, "already_imported": 5}, [])
    assert imported(some_users(*range(7))) == (
        {"read": 7, "imported": 2, "already_imported": 5},
        [],
    )
    assert [row.id for row in rows()][:5] == ids


def test_repeated_import_leaves_existing_users_unchanged(imported, rows, dbsession):
    """Even a password that was changed here meanwhile."""
    imported(some_users(1))
    dbsession.execute(sa.update(User).values(password_hash="ours", last_name="Byron"))
    dbsession.commit()
    assert imported(some_users(1))[0] == {"read": 1, "already_imported": 1}
    [row] = rows()
    assert (row.password_hash, row.last_name) == ("ours", "Byron")


def test_batches_are_yielded_as_they_are_committed(services, rows):
    batches = import_users(
        services.database.write_engine.begin, some_users(*range(5)), now=NOW, size=2
    )
    seen = [(batch.counts["imported"], len(rows())) for batch in batches]
    assert seen == [(2, 2), (2, 4), (1, 5)]


def test_failed_batch_is_rolled_back(services, rows):
    """As when the machine stops: earlier batches are complete, later ones absent."""

    def interrupted():
        yield from some_users(*range(3))
        raise OSError

    batches = import_users(services.database.write_engine.begin, interrupted(), now=NOW, size=2)
    assert next(batches).counts["imported"] == 2
    with pytest.raises(OSError):  # noqa: PT011 - our own
        next(batches)
    assert len(rows()) == 2


@pytest.mark.parametrize("size", [500, 1])
def test_rejected_users_do_not_stop_others(imported, rows, size):
    unreadable = Rejection("line 7", "", RejectionReason.UNREADABLE)
    users = [
        *some_users(1),
        *some_users(2, email="unknown"),
        unreadable,
        *some_users(3, password_hash="md5"),
        *some_users(4),
    ]
    counts, refused = imported(users, size=size)
    assert counts == {"read": 5, "imported": 2, "rejected": 3}
    assert {(each.place, each.external_id, each.reason) for each in refused} == {
        ("row 2", "old:2", RejectionReason.EMAIL),
        ("line 7", "", RejectionReason.UNREADABLE),
        ("row 3", "old:3", RejectionReason.HASH_UNKNOWN),
    }
    assert [row.external_id for row in rows()] == ["old:1", "old:4"]


def test_import_refuses_a_taken_email(imported, rows, dbsession):
    owner = a_user(dbsession, email="old1@example.com")
    counts, [refused] = imported(some_users(1, email="OLD1@Example.com"))
    assert counts == {"read": 1, "rejected": 1}
    assert refused == Rejection(
        "row 1", "OLD1@Example.com", RejectionReason.EMAIL_TAKEN, external_id="old:1"
    )
    assert rows() == []
    dbsession.refresh(owner)
    assert owner.password_hash == "no password has this hash"


@pytest.mark.parametrize("size", [500, 1])
def test_one_of_two_users_with_one_email_is_imported(imported, rows, size):
    users = some_users(1, email="Ada@example.com") + some_users(2, email="ada@EXAMPLE.com")
    counts, [refused] = imported(users, size=size)
    assert counts == {"read": 2, "imported": 1, "rejected": 1}
    assert refused == Rejection(
        "row 2", "ada@EXAMPLE.com", RejectionReason.EMAIL_TWICE, "old:1", "old:2"
    )
    assert [row.external_id for row in rows()] == ["old:1"]


@pytest.mark.parametrize("size", [500, 1])
def test_one_of_several_users_with_one_id_is_imported(imported, rows, size):
    """Otherwise a column mistaken for the id would merge all users into one account."""
    users = some_users(1, 2, 3, external_id="old:7")
    counts, refused = imported(users, size=size)
    assert counts == {"read": 3, "imported": 1, "rejected": 2}
    assert {each.reason for each in refused} == {RejectionReason.ID_TWICE}
    assert len(rows()) == 1


def test_two_systems_may_have_the_same_ids(imported, rows):
    imported(some_users(1))
    assert (
        imported(some_users(1, external_id="other:1", email="eve@example.com"))[0]["imported"] == 1
    )
    assert imported(some_users(2, external_id="other:2", email="old1@example.com")) == (
        {"read": 1, "rejected": 1},
        [
            Rejection(
                "row 2", "old1@example.com", RejectionReason.EMAIL_TAKEN, external_id="other:2"
            )
        ],
    )


@pytest.mark.parametrize(("days", "imports"), [(6, 0), (7, 1)])
def test_import_refuses_a_reserved_address(services, imported, dbsession, days, imports):
    """As sign-up does; others of the same batch are imported."""
    email = parse_email_address("old1@example.com")
    work = a_unit_of_work(services, dbsession, now=NOW - timedelta(days=days))
    issue_link(work, a_user(dbsession), Purpose.SECURE_ACCOUNT, email=email)
    dbsession.commit()
    counts, refused = imported(some_users(1, 2))
    assert counts["imported"] == 1 + imports
    assert [each.reason for each in refused] == [RejectionReason.EMAIL_TAKEN] * (1 - imports)


def test_dry_run_counts_and_stores_nothing(services, rows, dbsession):
    a_user(dbsession, email="old3@example.com")
    begin = partial(dry_run, services.database.write_engine)
    [batch] = import_users(begin, some_users(1, 2, 3), now=NOW)
    assert (batch.counts["imported"], batch.counts["rejected"]) == (2, 1)
    assert rows() == []


def test_import_waits_for_a_simultaneous_sign_up(services, imported, rows, dbsession):
    """The account is not committed yet when the import begins."""
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
    importing = threading.Thread(target=lambda: answers.append(imported(some_users(1, 2))))
    importing.start()
    wait_until_blocked(services, importing)
    assert answers == []
    signing_up.commit()
    connection.close()
    importing.join()
    counts, [refused] = answers[0]
    assert counts == {"read": 2, "imported": 1, "rejected": 1}
    assert refused.reason is RejectionReason.EMAIL_TAKEN
    assert [row.external_id for row in rows()] == ["old:2"]


def wait_until_blocked(services, thread):
    """Return when PostgreSQL shows a waiting lock; SQLite does not show any."""
    waiting = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    for _ in range(1000):
        if services.database.is_sqlite:
            return
        with services.database.read_engine.connect() as connection:
            if connection.execute(waiting).scalar_one() or not thread.is_alive():
                return


def test_import_of_no_users_counts_nothing(imported):
    assert imported([]) == ({}, [])


def test_import_takes_under_a_minute_for_100_000_users(services, tmp_path):
    """Of one core, for reading and writing; 2000 users take a fiftieth."""
    path, number = tmp_path / "people.csv", 2000
    rows = (
        f"{n},old{n}@example.com,Ada Lovelace,{HASH},2024-05-17T12:00:00Z" for n in range(number)
    )
    path.write_text("\n".join(["id,email,name,hash,created_at", *rows]))
    reader = Reader("old", tag_raw, NOW)
    begin = services.database.write_engine.begin
    before = time.process_time()
    with open_lines(str(path), read_csv, reader, ImportOptions()) as source:
        imported = sum(
            batch.counts["imported"] for batch in import_users(begin, source.users, now=NOW)
        )
    assert imported == number
    assert time.process_time() - before < 60 * number / 100_000
