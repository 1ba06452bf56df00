"""People in a table of another system: a SQLite file, or a database that SQLAlchemy can reach."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from authsite.importing.errors import UnusableSource
from authsite.importing.fields import demand
from authsite.importing.imported_user import ImportedUser, Rejection
from authsite.importing.people import Reader
from authsite.importing.source import ImportOptions, Source, System

#: Rows that are in memory at a time.
_ROWS = 500
_NEEDED = ("id", "email", "password")


@contextmanager
def open_table(
    place: str, system: System, reader: Reader, asked: ImportOptions
) -> Iterator[Source]:
    """Open the table of users; `place` is the path of a SQLite file, or a URL of SQLAlchemy's.

    Nothing is changed there. Raises `UnusableSource`.
    """
    engine = _engine(place)
    try:
        with _told():
            connection = engine.connect()
        with connection:
            yield _source(connection, system, reader, asked)
    finally:
        engine.dispose()


@contextmanager
def _told() -> Iterator[None]:
    """Say of what goes wrong in this block that it is the source that went wrong."""
    try:
        yield
    except SQLAlchemyError as error:
        # What the driver says, without SQLAlchemy's statement and links around it.
        said = " ".join(str(getattr(error, "orig", None) or error).split())
        raise UnusableSource(f"can't read the source: {said}") from error


def _source(connection: Connection, system: System, reader: Reader, asked: ImportOptions) -> Source:
    with _told():
        table = _table(connection, [asked.table] if asked.table else system.users)
        names = [each["name"] for each in sa.inspect(connection).get_columns(table)]
        columns = demand(_NEEDED, names, chosen=asked.columns, where=f"the table {table}")
        return Source(
            people=_people(connection, table, columns, reader),
            total=_count(connection, table),
            sessions=_sessions(connection, system),
        )


def _engine(place: str) -> Engine:
    if "://" in place:
        with _told():
            named = sa.make_url(place)
        if named.get_backend_name() != "sqlite":
            return _engine_of_driver(named)
        place = named.database or ""
    if not Path(place).is_file():
        raise UnusableSource(f"{place} is not a file")
    url = f"sqlite:///file:{quote(str(Path(place).resolve()))}?mode=ro&uri=true"
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool, hide_parameters=True)
    sa.event.listen(engine, "connect", _take_any_bytes)
    return engine


def _engine_of_driver(url: sa.URL) -> Engine:
    try:
        with _told():
            return sa.create_engine(url, poolclass=sa.pool.NullPool, hide_parameters=True)
    except ImportError as error:
        raise UnusableSource(
            f"the database driver of the source is not installed: {error}"
        ) from error


def _take_any_bytes(connection: sqlite3.Connection, _record: object) -> None:
    """Let a text that is none spoil its own row and no other."""
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")


def _table(connection: Connection, wanted: Sequence[str]) -> str:
    """Return the first of these that is there, in whatever case; raise `UnusableSource`."""
    found = _find(connection, wanted)
    if found is None:
        inspector = sa.inspect(connection)
        there = ", ".join(sorted(inspector.get_table_names())) or "none"
        raise UnusableSource(
            f"there is no table {' or '.join(wanted)}. Name it with --table. There are: {there}"
        )
    return found


def _find(connection: Connection, wanted: Sequence[str]) -> str | None:
    inspector = sa.inspect(connection)
    there = [*inspector.get_table_names(), *inspector.get_view_names()]
    by_case = {name.casefold(): name for name in reversed(there)}
    names = (name if name in there else by_case.get(name.casefold()) for name in wanted)
    return next(filter(None, names), None)


def _people(
    connection: Connection, table: str, columns: dict[str, str], reader: Reader
) -> Iterator[ImportedUser | Rejection]:
    """Yield the people by id, so that who comes later, while this goes on, is last."""
    named: list[sa.ColumnClause[object]] = [sa.column(column) for column in columns.values()]
    of_all = sa.select(*named).select_from(sa.table(table)).order_by(named[0])
    streaming = connection.execution_options(yield_per=_ROWS)
    with _told():
        rows = enumerate(streaming.execute(of_all), start=1)
    while True:
        with _told():
            found = next(rows, None)
        if found is None:
            return
        number, row = found
        yield reader.person_of(dict(zip(columns, row, strict=True)), place=f"row {number}")


def _count(connection: Connection, table: str) -> int:
    counted = sa.select(sa.func.count()).select_from(sa.table(table))
    return connection.execute(counted).scalar_one()


def _sessions(connection: Connection, system: System) -> int | None:
    table = _find(connection, system.sessions)
    return None if table is None else _count(connection, table)
