"""Whether the process can do its work, asked of a database that says nothing at all."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.database import Database
from authsite.readiness import Readiness
from authsite.schema import HEAD, is_migrated


@pytest.fixture
def silent() -> Iterator[Database]:
    """A database whose server takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        url = sa.make_url(f"postgresql://nobody@127.0.0.1:{port}/nothing")
        yield Database(url, pool_size=1, wait=timedelta(seconds=1))
        listener.close()
        for thread in threading.enumerate():
            if thread.name == "readiness":
                thread.join()


@pytest.mark.asvs("13.1.3")
def test_a_database_that_hangs_is_waited_for_by_one_thread_and_not_for_long(silent, caplog):
    readiness = Readiness(silent, patience=0.05)
    with ThreadPoolExecutor(8) as people:
        answers = [people.submit(readiness.why_not) for _ in range(8)]
        assert {each.result() for each in answers} == {"database"}
    asking = [each for each in threading.enumerate() if each.name == "readiness"]
    assert len(asking) == 1
    assert "sys_not_ready: the database has not answered for 0.05 s" in caplog.text


@pytest.mark.parametrize(
    ("revision", "answer"),
    [(None, False), ("0001", False), (HEAD, True), (f"{int(HEAD) + 1:04}", True)],
)
def test_what_has_seen_the_last_migration_is_migrated(revision, answer):
    assert is_migrated(revision) is answer
