"""Queries that may hang run once at a time and are waited for with a timeout."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.db.engines import Database
from authsite.db.revision import HEAD, is_migrated
from authsite.passwords.hash_queue import HashQueue
from authsite.telemetry.collector import StateCollector
from authsite.telemetry.readiness import Readiness
from authsite.telemetry.single_flight import SingleFlight

TIMEOUT = 0.05


def threads(name: str) -> list[threading.Thread]:
    """Return the threads of this name."""
    return [thread for thread in threading.enumerate() if thread.name == name]


@pytest.fixture
def silent() -> Iterator[Database]:
    """A database whose server takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        url = sa.make_url(f"postgresql://unknown@127.0.0.1:{port}/nothing")
        yield Database(url, pool_size=1, timeout=timedelta(seconds=1))
        listener.close()
        for thread in (*threads("readiness"), *threads("outbox")):
            thread.join()


def test_single_flight_returns_each_answer():
    answers = iter([7, 8])
    flight = SingleFlight(lambda: next(answers), name="query")
    assert [flight.answer(), flight.answer()] == [7, 8]


def test_single_flight_raises_the_error_of_the_query():
    flight = SingleFlight(lambda: 1 // 0, name="query")
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            flight.answer()


@pytest.mark.asvs("13.1.3", "15.2.2")
def test_hanging_query_is_not_started_twice():
    gate, calls = threading.Event(), []

    def query() -> int:
        calls.append(1)
        assert gate.wait(60)
        return len(calls)

    flight = SingleFlight(query, name="hanging", timeout=TIMEOUT)
    for _ in range(3):
        with pytest.raises(TimeoutError):
            flight.answer()
    assert len(threads("hanging")) == 1
    [thread] = threads("hanging")
    gate.set()
    thread.join()
    assert flight.answer() == 2  # the first answer is too old


@pytest.mark.asvs("13.1.3")
def test_hanging_database_is_not_ready_and_blocks_nothing(silent, caplog):
    readiness = Readiness(silent, timeout=TIMEOUT)
    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(readiness.problem) for _ in range(8)]
        assert {each.result() for each in answers} == {"database"}
    assert len(threads("readiness")) == 1
    assert "sys_not_ready: the database is unavailable: TimeoutError" in caplog.text


@pytest.mark.asvs("13.1.3")
def test_hanging_database_does_not_block_metrics(silent, caplog):
    collector = StateCollector(HashQueue(threads=1, waiting=1), silent, timeout=TIMEOUT)
    assert [metric.name for metric in collector.collect()][-1] == "authsite_database_connections"
    assert "sys_metrics_retry: can't read the outbox: TimeoutError" in caplog.text


@pytest.mark.parametrize(
    ("revision", "answer"),
    [(None, False), ("0001", False), (HEAD, True), (f"{int(HEAD) + 1:04}", True)],
)
def test_revision_of_the_code_or_newer_is_migrated(revision, answer):
    assert is_migrated(revision) is answer
