"""The site tidies up after itself, once in a while and one process at a time."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.db.engines import Database
from authsite.models import PurgeRun, UserSession
from authsite.purging.purger import Purger
from tests.factories import NOW, a_message, a_session, some_noise

EVERY = timedelta(hours=1)


@pytest.fixture
def swept_long_ago(services) -> None:
    with services.database.engine.begin() as connection:
        connection.execute(sa.update(PurgeRun).values(started_at=NOW - timedelta(days=1)))


@pytest.fixture
def sessions(dbsession, swept_long_ago) -> dict[str, int]:
    """Six that live, three that are over."""
    for person in some_noise(dbsession):
        a_session(dbsession, person, expires_at=NOW)
    return {"all": 9, "alive": 6}


def left(services) -> int:
    with services.database.read_engine.connect() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(UserSession)).scalar_one()


def sweep(purger: Purger, now=NOW) -> bool:
    """Nudge, wait until it is done, and return whether anything was begun."""
    thread = purger.run_if_due(now=now)
    if thread is not None:
        thread.join()
    return thread is not None


def test_what_is_over_goes_and_what_lives_stays(services, sessions, dbsession, caplog):
    caplog.set_level("INFO", "authsite.purging")
    a_message(dbsession, purge_after=NOW)
    expired = []
    assert sweep(Purger(services.database, every=EVERY, on_expired=expired.append))
    assert left(services) == sessions["alive"]
    assert expired == [3]  # no message is among the sessions
    assert "3 expired sessions, 0 forgotten throttles, 0 expired links, " in caplog.text


def test_one_process_looks_no_more_than_once_in_a_while(services, sessions):
    purger = Purger(services.database, every=EVERY, on_expired=lambda _: None)
    assert sweep(purger)
    assert not sweep(purger)
    assert not sweep(purger, NOW + timedelta(days=1))


def test_of_two_processes_one_sweeps(services, sessions, dbsession):
    sweep(Purger(services.database, every=EVERY, on_expired=lambda _: None))
    (person, *_) = some_noise(dbsession)
    a_session(dbsession, person, expires_at=NOW)
    before = left(services)
    sweep(Purger(services.database, every=EVERY, on_expired=lambda _: None), NOW + EVERY / 2)
    assert left(services) == before
    sweep(Purger(services.database, every=EVERY, on_expired=lambda _: None), NOW + EVERY)
    assert left(services) == before - 1


def test_a_database_that_is_away_stops_nobody(tmp_path, caplog):
    url = sa.make_url(f"sqlite:///{tmp_path}/no/such/folder/x.sqlite")
    database = Database(url, pool_size=1, timeout=timedelta(seconds=1))
    assert sweep(Purger(database, every=EVERY, on_expired=lambda _: None))
    assert "put off" in caplog.text
    database.dispose()
