"""The purge runs at intervals, in one process at a time, and survives errors."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.clock import utc_now
from authsite.db.engines import Database
from authsite.models import OutboxMessage, PurgeRun, User, UserSession
from authsite.purging.purger import Purger
from authsite.purging.targets import batch_size, purge_targets, take_over_purge
from tests.factories import NOW, a_message, a_session, a_user, some_noise
from tests.processes.servers import until

EVERY = timedelta(hours=1)


@pytest.fixture
def purged_long_ago(services) -> None:
    with services.database.engine.begin() as connection:
        connection.execute(sa.update(PurgeRun).values(started_at=NOW - timedelta(days=1)))


@pytest.fixture
def sessions(dbsession, purged_long_ago) -> dict[str, int]:
    """Six active ones, three expired ones."""
    for person in some_noise(dbsession):
        a_session(dbsession, person, expires_at=NOW)
    return {"all": 9, "active": 6}


def left(services) -> int:
    with services.database.read_engine.connect() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(UserSession)).scalar_one()


def purger_of(database, **options) -> Purger:
    return Purger(
        database,
        purge_targets(timedelta(days=30)),
        **{"every": EVERY, "on_expired": lambda _: None} | options,
    )


@contextlib.contextmanager
def at_work(purger: Purger) -> Iterator[None]:
    """Let it work on a thread while the block runs."""
    thread = threading.Thread(target=purger.work)
    thread.start()
    try:
        yield
    finally:
        purger.stop()
        thread.join()


def test_purge_deletes_expired_rows_only(services, sessions, dbsession, caplog):
    caplog.set_level("INFO", "authsite.purging")
    a_message(dbsession, purge_after=NOW)
    expired = []
    assert purger_of(services.database, on_expired=expired.append).run_if_due(now=NOW)
    assert left(services) == sessions["active"]
    assert expired == [3]  # no message is among the sessions
    assert "3 expired sessions, 0 expired pending sign-ins, 0 answered forms, 0 " in caplog.text


def test_one_of_two_processes_purges(services, sessions, dbsession):
    assert purger_of(services.database).run_if_due(now=NOW)
    (person, *_) = some_noise(dbsession)
    a_session(dbsession, person, expires_at=NOW)
    before = left(services)
    other = purger_of(services.database)
    assert other.run_if_due(now=NOW + EVERY / 2)
    assert left(services) == before
    assert other.run_if_due(now=NOW + EVERY)
    assert left(services) == before - 1


@pytest.fixture
def expire(services) -> Callable[[], None]:
    """Add a session that has expired, and let no purge have happened yet."""

    def add() -> None:
        with Session(services.database.write_engine) as dbsession:
            dbsession.execute(sa.update(PurgeRun).values(started_at=utc_now() - timedelta(days=1)))
            a_session(dbsession, a_user(dbsession), expires_at=utc_now() - timedelta(seconds=1))

    return add


def test_purge_repeats_until_it_is_stopped(services, expire):
    expire()
    with at_work(purger_of(services.database, every=timedelta(milliseconds=10))):
        until(lambda: left(services) == 0, "the first purge")
        expire()
        until(lambda: left(services) == 0, "the next one")


def test_stopped_purge_finishes_its_batch(services, expire, dbsession, caplog):
    """The old message is left to the next purge: sessions are deleted first."""
    caplog.set_level("INFO", "authsite.purging")
    a_message(dbsession, purge_after=utc_now() - timedelta(seconds=1))
    expire()
    purger = purger_of(services.database, on_expired=lambda _: purger.stop())
    purger.work()
    assert left(services) == 0
    assert "1 expired sessions" in caplog.text
    assert dbsession.scalar(sa.select(OutboxMessage)) is None


def test_later_purge_takes_over(services, purged_long_ago, dbsession):
    person = a_user(dbsession)
    for _ in range(batch_size(services.database) + 1):
        a_session(dbsession, person, expires_at=NOW)

    def begin_another(_deleted: int) -> None:
        with services.database.write_engine.begin() as connection:
            take_over_purge(connection, now=NOW + timedelta(seconds=1))

    assert purger_of(services.database, on_expired=begin_another).run_if_due(now=NOW)
    assert left(services) == 1


@pytest.fixture
def later(tmp_path) -> Iterator[Database]:
    """A database whose folder does not exist yet."""
    url = sa.make_url(f"sqlite:///{tmp_path}/later/site.sqlite")
    database = Database(url, pool_size=1, timeout=timedelta(seconds=1))
    yield database
    database.dispose()


def test_purge_survives_a_database_outage(later, tmp_path, migrate, caplog):
    caplog.set_level("INFO", "authsite.purging")
    with at_work(purger_of(later, retry=0.01)):
        until(lambda: "deferred, the database is unavailable" in caplog.text, "a failure")
        (tmp_path / "later").mkdir()
        migrate(str(later.engine.url))
        until(lambda: "deleted" in caplog.text, "a purge")


def test_purge_survives_an_unexpected_error(later, tmp_path, migrate, caplog):
    """As when a row of the host application points at an account that is to be deleted."""
    (tmp_path / "later").mkdir()
    migrate(str(later.engine.url))
    with Session(later.engine) as dbsession:
        user = a_user(dbsession, delete_after=NOW)
        dbsession.connection().exec_driver_sql("CREATE TABLE host (id REFERENCES authsite_user)")
        dbsession.connection().exec_driver_sql(f"INSERT INTO host VALUES ('{user.id}')")
        dbsession.commit()
        assert not purger_of(later).run_if_due(now=NOW)
        assert dbsession.get(User, user.id, populate_existing=True)
    assert "sys_purge: failed" in caplog.text
