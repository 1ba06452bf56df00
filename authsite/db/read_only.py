"""A database that only reads: a standby, a demoted primary, a role or a file without writes."""

import sqlite3
from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.engine import Connection, ExceptionContext

from authsite.db.sqlite import is_busy, result_code

#: SQLSTATE of a write that PostgreSQL refuses because the transaction is read-only.
_READ_ONLY = "25006"
#: SQLSTATEs of sessions that PostgreSQL has ended: idle in a transaction, or too long in it. Like
#: 25006, they are no operational errors for psycopg.
_ENDED = {"25P03", "25P04"}
_IS_READ_ONLY = sa.select(
    sa.or_(
        sa.func.pg_is_in_recovery(type_=sa.Boolean),
        sa.func.current_setting("transaction_read_only") == "on",
    )
)

#: SQLite refuses it like any other write, but `BEGIN IMMEDIATE` only reads then.
_WRITE_NOTHING = "DELETE FROM authsite_version WHERE 0"


class ReadOnlyHandler:
    """Lets these errors count as an unavailable database, and drops the connections.

    A new connection may lead to the primary, and open a file for writing that was read-only.
    """

    def __init__(
        self, drop_connections: Callable[[], None], count_error: Callable[[Exception], object]
    ) -> None:
        self._drop_connections = drop_connections
        self._count_error = count_error

    def __call__(self, context: ExceptionContext) -> None:
        original = context.original_exception
        if _is_read_only_error(original):
            context.is_disconnect = True
            self._drop_connections()
        elif getattr(original, "sqlstate", None) not in _ENDED:
            return
        unavailable = sa.exc.OperationalError(
            context.statement, None, original, hide_parameters=True
        )
        self._count_error(unavailable)  # no other handler is called after this one
        raise unavailable


def is_read_only(connection: Connection) -> bool:
    """Whether the migrated database refuses writes; `connection` is in autocommit."""
    if connection.dialect.name == "postgresql":
        return connection.execute(_IS_READ_ONLY).scalar_one()
    try:
        connection.exec_driver_sql(_WRITE_NOTHING)
    except sa.exc.OperationalError as error:
        if is_busy(error.orig):  # another process writes
            return False
        if _is_read_only_error(error.orig):
            return True
        raise
    return False


def _is_read_only_error(error: BaseException | None) -> bool:
    if getattr(error, "sqlstate", None) == _READ_ONLY:
        return True
    return result_code(error) == sqlite3.SQLITE_READONLY
