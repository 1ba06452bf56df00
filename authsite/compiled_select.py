"""A select that is compiled once, for the one question that nearly every request asks."""

import sqlite3
import threading
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.pool import PoolProxiedConnection

#: DB-API 2.0's number for connections that threads may share.
_SHARED_BY_THREADS = 3


class CompiledSelect:
    """A Core select without SQLAlchemy's work at each call: a quarter of its time is left.

    The statement is still the Core one, in SQL of the engine's dialect, and the types still turn
    what the driver returns into values; only the way from call to call is shorter. `engine` is in
    autocommit, and takes its parameters by name.

    SQLite answers within microseconds, so that all threads share one connection, without the way
    to the pool and back. PostgreSQL answers over a wire, and each call has a connection to itself.
    """

    def __init__(self, statement: "sa.Select[*tuple[Any, ...]]", engine: Engine) -> None:
        self._engine = engine
        self._driver_error: type[Exception] = engine.dialect.loaded_dbapi.Error
        self._sql = str(statement.compile(dialect=engine.dialect))
        self._processors = [
            _processor(column.type, engine) for column in statement.selected_columns
        ]
        self._shares = (
            engine.dialect.name == "sqlite" and sqlite3.threadsafety == _SHARED_BY_THREADS
        )
        self._shared: PoolProxiedConnection | None = None
        self._lock = threading.Lock()

    def one_or_none(self, **parameters: Any) -> tuple[Any, ...] | None:
        """Return the row's values, or None; raises `sqlalchemy.exc.OperationalError`."""
        connection = self._shared
        try:
            connection = connection or self._connect()
            row = connection.execute(self._sql, parameters).fetchone()
        except self._driver_error as error:
            if connection is not None:
                self._shared = None
                connection.invalidate(error)
            raise sa.exc.OperationalError(
                "a compiled select", None, error, hide_parameters=True
            ) from error
        if not self._shares:
            connection.close()
        if row is None:
            return None
        return tuple(
            [
                process(value) if process else value
                for process, value in zip(self._processors, row, strict=True)
            ]
        )

    def close(self) -> None:
        """Give the shared connection back; the next question opens another one."""
        with self._lock:
            shared, self._shared = self._shared, None
        if shared is not None:
            shared.close()

    def _connect(self) -> PoolProxiedConnection:
        if not self._shares:
            return self._engine.raw_connection()
        with self._lock:
            if self._shared is None:
                self._shared = self._engine.raw_connection()
            return self._shared


def _processor(of: "sa.types.TypeEngine[Any]", engine: Engine) -> Callable[[Any], Any] | None:
    return of.dialect_impl(engine.dialect).result_processor(engine.dialect, None)
