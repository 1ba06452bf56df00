"""Reading users from a table of another system, in a SQLite file or a database of SQLAlchemy."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from authsite.importing.errors import UnusableSource
from authsite.importing.fields import require_columns
from authsite.importing.imported_user import ImportedUser, Rejection
from authsite.importing.reader import Reader
from authsite.importing.source import ImportOptions, Source, System

#: Rows in memory at a time.
_ROWS = 500
_REQUIRED = ("id", "email", "password")


@contextmanager
def open_table(
    location: str, system: System, reader: Reader, options: ImportOptions
) -> Iterator[Source]:
    """Open the table of users; `location` is the path of a SQLite file, or an SQLAlchemy URL.

    It is only read. Raises `UnusableSource`.
    """
    engine = _create_engine(location)
    try:
        with _raising_unusable():
            connection = engine.connect()
        with connection:
            yield _open_source(connection, system, reader, options)
    finally:
        engine.dispose()


@contextmanager
def _raising_unusable() -> Iterator[None]:
    """Raise `UnusableSource` with the driver's message for database errors of the block."""
    try:
        yield
    except SQLAlchemyError as error:
        message = " ".join(str(getattr(error, "orig", None) or error).split())
        raise UnusableSource(f"can't read the source: {message}") from error


def _open_source(
    connection: Connection, system: System, reader: Reader, options: ImportOptions
) -> Source:
    with _raising_unusable():
        table = _require_table(connection, [options.table] if options.table else system.users)
        names = [each["name"] for each in sa.inspect(connection).get_columns(table)]
        columns = require_columns(
            _REQUIRED, names, chosen=options.columns, where=f"the table {table}"
        )
        return Source(
            users=_read_users(connection, table, columns, reader),
            total=_count(connection, table),
            sessions=_count_sessions(connection, system),
        )


def _create_engine(location: str) -> Engine:
    if "://" in location:
        with _raising_unusable():
            url = sa.make_url(location)
        if url.get_backend_name() != "sqlite":
            return _create_server_engine(url)
        location = url.database or ""
    if not Path(location).is_file():
        raise UnusableSource(f"{location} is not a file")
    read_only = f"sqlite:///file:{quote(str(Path(location).resolve()))}?mode=ro&uri=true"
    engine = sa.create_engine(read_only, poolclass=sa.pool.NullPool, hide_parameters=True)
    sa.event.listen(engine, "connect", _accept_any_bytes)
    return engine


def _create_server_engine(url: sa.URL) -> Engine:
    try:
        with _raising_unusable():
            return sa.create_engine(url, poolclass=sa.pool.NullPool, hide_parameters=True)
    except ImportError as error:
        raise UnusableSource(
            f"the database driver of the source is not installed: {error}"
        ) from error


def _accept_any_bytes(connection: sqlite3.Connection, _record: object) -> None:
    """Make text that is not UTF-8 an error of its row, not of the query."""
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")


def _require_table(connection: Connection, names: Sequence[str]) -> str:
    """Return the first of these that exists, in any case; raise `UnusableSource`."""
    table = _find_table(connection, names)
    if table is None:
        inspector = sa.inspect(connection)
        existing = ", ".join(sorted(inspector.get_table_names())) or "none"
        raise UnusableSource(
            f"there is no table {' or '.join(names)}. Name it with --table. There are: {existing}"
        )
    return table


def _find_table(connection: Connection, names: Sequence[str]) -> str | None:
    inspector = sa.inspect(connection)
    existing = [*inspector.get_table_names(), *inspector.get_view_names()]
    by_case = {name.casefold(): name for name in reversed(existing)}
    found = (name if name in existing else by_case.get(name.casefold()) for name in names)
    return next(filter(None, found), None)


def _read_users(
    connection: Connection, table: str, columns: dict[str, str], reader: Reader
) -> Iterator[ImportedUser | Rejection]:
    """Yield the users by id, so that those who sign up meanwhile are last."""
    selected: list[sa.ColumnClause[object]] = [sa.column(column) for column in columns.values()]
    query = sa.select(*selected).select_from(sa.table(table)).order_by(selected[0])
    streaming = connection.execution_options(yield_per=_ROWS)
    with _raising_unusable():
        rows = enumerate(streaming.execute(query), start=1)
    while True:
        with _raising_unusable():
            numbered_row = next(rows, None)
        if numbered_row is None:
            return
        number, row = numbered_row
        yield reader.read_user(dict(zip(columns, row, strict=True)), place=f"row {number}")


def _count(connection: Connection, table: str) -> int:
    query = sa.select(sa.func.count()).select_from(sa.table(table))
    return connection.execute(query).scalar_one()


def _count_sessions(connection: Connection, system: System) -> int | None:
    table = _find_table(connection, system.sessions)
    return None if table is None else _count(connection, table)
