"""The lag of a read replica, as one process sees it."""

import threading
import tracemalloc
from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.db import replica as module
from authsite.db.engines import DATABASE_UNAVAILABLE, Database
from authsite.db.replica import Replica, ReplicaError
from tests.processes.servers import until
from tests.unit.replicas import Copy

HOUR = timedelta(hours=1)

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
def copy(postgresql):
    """A database that says that it is a standby and has replayed everything."""
    return Copy(postgresql, postgresql.new_database())


@pytest.fixture
def new_replica(services, copy):
    """Return a function for a replica with this bound of its lag."""
    made = []

    def build(max_lag=HOUR, url=copy.url, **options):
        database = Database(sa.make_url(url), pool_size=1, timeout=timedelta(seconds=2))
        made.append(Replica(database, primary=services.database, max_lag=max_lag, **options))
        return made[-1]

    yield build
    for each in made:
        each.dispose()


def position_of(services):
    with services.database.read_engine.connect() as connection:
        return connection.exec_driver_sql("SELECT pg_current_wal_lsn()").scalar_one()


def test_replica_is_current_once_it_has_replayed_everything(new_replica, copy):
    replica = new_replica()
    assert not replica.is_current
    copy.replay("0/1")
    replica.look()
    assert not replica.is_current
    copy.replay()
    replica.look()
    assert replica.is_current


def test_replica_that_is_always_a_little_behind_is_current(new_replica, copy, services):
    replica = new_replica()
    for _ in range(2):
        before = position_of(services)
        with services.database.write_engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE noise (n int)")
            connection.exec_driver_sql("DROP TABLE noise")
        copy.replay(before)
        assert not replica.is_current
        replica.look()
    copy.replay(position_of(services))  # as of now, and the look has written nothing
    replica.look()
    assert replica.is_current


def test_replica_is_not_current_for_ever(new_replica):
    replica = new_replica(timedelta(milliseconds=10))
    replica.look()
    until(lambda: not replica.is_current, "the end of the bound")


def test_replica_too_far_behind_is_an_error(new_replica, copy):
    replica = new_replica(timedelta(milliseconds=1))
    copy.replay("0/1")
    with pytest.raises(ReplicaError, match="behind the primary"):
        replica.look()
    assert not replica.is_current


def test_promoted_replica_is_an_error(new_replica, copy):
    copy.run("UPDATE standby SET is_one = false")
    with pytest.raises(ReplicaError, match="no standby"):
        new_replica().look()


def test_replica_of_another_primary_is_an_error(new_replica, copy):
    copy.run("CREATE FUNCTION pg_control_checkpoint(OUT timeline_id int) RETURN 2")
    replica = new_replica()
    with pytest.raises(ReplicaError, match="follows another primary"):
        replica.look()
    assert not replica.is_current


def test_replica_that_is_away_is_an_error(new_replica, copy):
    with copy.away(), pytest.raises(DATABASE_UNAVAILABLE):
        new_replica().look()


def test_replica_that_stays_away_takes_no_memory_per_look(new_replica, copy):
    replica, looks = new_replica(timedelta(milliseconds=10)), 200
    tracemalloc.start()
    with copy.away():
        for _ in range(looks):
            with pytest.raises(DATABASE_UNAVAILABLE):
                replica.look()
    found = tracemalloc.take_snapshot()
    tracemalloc.stop()
    lines = found.filter_traces([tracemalloc.Filter(True, module.__file__)]).statistics("lineno")
    assert max(line.count for line in lines) < looks / 2


def test_worker_survives_a_replica_that_is_away(new_replica, copy, caplog):
    replica = new_replica(interval=0.01)
    thread = threading.Thread(target=replica.work)
    thread.start()
    try:
        until(lambda: replica.is_current, "the first look")
        with copy.away():
            until(lambda: not replica.is_current, "a failed look")
        until(lambda: replica.is_current, "another look")
    finally:
        replica.stop()
        thread.join()
    assert "sys_replica_unavailable" in caplog.text


def test_forked_process_has_connections_of_its_own(new_replica):
    replica = new_replica()
    replica.forget_connections()
    replica.look()
    assert replica.is_current
