"""Connecting to the database of another system, which is only read and may not answer."""

import os
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from authsite.db.postgresql import driver_url
from authsite.importing.errors import UnusableSource

#: Seconds that PostgreSQL has to end a statement itself and say so, before its connection is cut.
_GRACE = 2.0
#: Instructions of SQLite between two looks at the clock: about a millisecond.
_INSTRUCTIONS = 10_000


class Deadline:
    """The end of the wait for one answer of the source, `timeout` seconds after `restart`."""

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout
        #: Those of servers, whose wait for an answer does not end by itself.
        self.connections: list[Any] = []
        self.restart()

    def restart(self) -> None:
        """Wait for another answer."""
        self._end = time.monotonic() + self.timeout

    def is_over(self) -> bool:
        """Whether the answer is late."""
        return time.monotonic() > self._end

    def cut(self) -> None:
        """End the connections, so that the thread that waits for an answer gets an error.

        No limit of libpq does that: a machine that is silent may still acknowledge what it gets.
        """
        for connection in self.connections:
            with socket.socket(fileno=os.dup(connection.fileno())) as same:
                same.shutdown(socket.SHUT_RDWR)


@contextmanager
def raising_unusable(deadline: Deadline) -> Iterator[None]:
    """Raise `UnusableSource` with the driver's message for database errors of the block."""
    deadline.restart()
    watch = threading.Timer(deadline.timeout + _GRACE, deadline.cut)
    watch.daemon = True
    watch.start()
    try:
        yield
    except SQLAlchemyError as error:
        message = " ".join(str(getattr(error, "orig", None) or error).split())
        if deadline.is_over():
            message = f"no answer within {deadline.timeout:g} seconds ({message})"
        raise UnusableSource(f"can't read the source: {message}") from error
    finally:
        watch.cancel()


def create_engine(location: str, deadline: Deadline) -> Engine:
    """Return an engine for the path of a SQLite file, or an SQLAlchemy URL."""
    if "://" in location:
        with raising_unusable(deadline):
            url = sa.make_url(location)
        if url.drivername in {"postgres", "postgresql"}:
            url = driver_url(url)  # whatever driver SQLAlchemy has by default
        if url.get_backend_name() != "sqlite":
            return _create_server_engine(url, deadline)
        location = url.database or ""
    if not Path(location).is_file():
        raise UnusableSource(f"{location} is not a file")
    read_only = f"sqlite:///file:{quote(str(Path(location).resolve()))}?mode=ro&uri=true"
    engine = sa.create_engine(
        read_only,
        poolclass=sa.pool.NullPool,
        hide_parameters=True,
        connect_args={"timeout": deadline.timeout},
    )

    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        # Makes text that is not UTF-8 an error of its row, not of the query.
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        connection.set_progress_handler(deadline.is_over, _INSTRUCTIONS)

    sa.event.listen(engine, "connect", prepare)
    return engine


def _create_server_engine(url: sa.URL, deadline: Deadline) -> Engine:
    is_postgresql = url.get_backend_name() == "postgresql"
    arguments: dict[str, Any] = {}
    if is_postgresql and "connect_timeout" not in url.query:
        arguments["connect_timeout"] = max(1, round(deadline.timeout))
    try:
        with raising_unusable(deadline):
            engine = sa.create_engine(
                url, poolclass=sa.pool.NullPool, hide_parameters=True, connect_args=arguments
            )
    except ImportError as error:
        raise UnusableSource(
            f"the database driver of the source is not installed: {error}"
        ) from error
    if is_postgresql:

        def limit_statements(connection: Connection) -> None:
            milliseconds = max(1, round(deadline.timeout * 1000))
            connection.exec_driver_sql(f"SET LOCAL statement_timeout = {milliseconds}")

        def connect(
            dialect: sa.Dialect, _record: object, args: Sequence[Any], named: dict[str, Any]
        ) -> Any:
            connection: Any = dialect.connect(*args, **named)
            deadline.connections.append(connection)
            return connection

        sa.event.listen(engine, "begin", limit_statements)
        sa.event.listen(engine, "do_connect", connect)
    return engine
