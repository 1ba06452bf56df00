"""Many visitors at once, who write through the dbsession of a host on SQLite."""

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest
import sqlalchemy as sa

from authsite.models import User, UserSession
from tests.hosts.seam.host import Host

MANY = 12
ROUNDS = 5
#: Seconds after which a test that waits for another thread has failed.
PATIENCE = 30


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_simultaneous_sign_ups_all_succeed(build_host: Callable[..., Host], mode: str) -> None:
    host = build_host()
    with host.engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA journal_mode={mode}")
    for number in range(ROUNDS):
        barrier = threading.Barrier(MANY)

        def sign_up(
            visitor: int, barrier: threading.Barrier = barrier, number: int = number
        ) -> tuple[int, bool]:
            browser = host.visitor(REMOTE_ADDR=f"198.51.100.{visitor}")
            barrier.wait(PATIENCE)
            response = browser.sign_up(email=f"ada{number}.{visitor}@example.com")
            return response.status_int, browser.is_signed_in

        with ThreadPoolExecutor(MANY) as pool:
            assert list(pool.map(sign_up, range(MANY))) == [(303, True)] * MANY
    assert host.all(sa.select(sa.func.count(User.id))) == [(MANY * ROUNDS,)]


def test_transaction_that_has_read_is_attempted_again(build_host: Callable[..., Host]) -> None:
    """One that SQLAlchemy begins cannot write once another connection has written (WAL)."""
    host = build_host()
    written: list[str] = []

    def write_elsewhere(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("INSERT INTO authsite_session"):
            written.append(statement)
            if len(written) == 1:
                with closing(sqlite3.connect(str(host.engine.url.database))) as other, other:
                    other.execute("INSERT INTO order_of_host (text) VALUES ('elsewhere')")

    assert host.visitor().sign_up().status_int == 303
    with host.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=wal")
    host.engine.dispose()
    sa.event.listen(host.engine, "connect", leave_transactions_to_sqlalchemy)
    sa.event.listen(host.engine, "begin", lambda each: each.exec_driver_sql("BEGIN"))
    sa.event.listen(host.engine, "before_cursor_execute", write_elsewhere)
    assert host.visitor().sign_in().status_int == 303
    assert len(written) == 2
    assert host.all(sa.select(sa.func.count(UserSession.id))) == [(2,)]


def leave_transactions_to_sqlalchemy(connection: Any, _record: object) -> None:
    connection.isolation_level = None


def test_lock_that_stays_is_answered_by_503(
    build_host: Callable[..., Host], caplog: pytest.LogCaptureFixture
) -> None:
    host = build_host(connect_args={"timeout": 0.05})
    visitor = host.visitor()
    with host.engine.connect() as other:
        other.exec_driver_sql("BEGIN IMMEDIATE")
        answer = visitor.sign_up()
    assert answer.status_int == 503
    assert answer.html.h1.text == "We'll be right back"
    assert "sys_database_unavailable: database is locked" in caplog.messages
    assert "sys_crash" not in caplog.text
    assert visitor.sign_up().status_int == 303
