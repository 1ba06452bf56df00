"""Reading users from the tables of another system, in a SQLite file or a database of SQLAlchemy."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from authsite.importing.databases import Deadline, create_engine, raising_unusable
from authsite.importing.errors import UnusableSource
from authsite.importing.fields import require_columns
from authsite.importing.imported_user import ImportedUser, Rejection
from authsite.importing.reader import Reader
from authsite.importing.related_tables import UserQuery, find_table, open_columns, require_table
from authsite.importing.source import ImportOptions, Source
from authsite.importing.systems import System

#: Rows in memory at a time.
_ROWS = 500


@contextmanager
def open_table(
    location: str, system: System, reader: Reader, options: ImportOptions
) -> Iterator[Source]:
    """Open the table of users; `location` is the path of a SQLite file, or an SQLAlchemy URL.

    It is only read. Raises `UnusableSource`, also when it returns nothing within the timeout.
    """
    deadline = Deadline(options.timeout)
    engine = create_engine(location, deadline)
    try:
        with raising_unusable(deadline):
            connection = engine.connect()
        with connection:
            with raising_unusable(deadline):
                query = _query_users(connection, system, options)
                total = _count(connection, query.users)
                sessions = _count_sessions(connection, system)
            users = _read_users(query, reader, deadline)
            yield Source(users=users, total=total, sessions=sessions)
    finally:
        engine.dispose()


def _query_users(connection: Connection, system: System, options: ImportOptions) -> UserQuery:
    table = require_table(connection, [options.table] if options.table else system.users)
    users = open_columns(connection, table)
    where = f"the table {table}"
    columns = require_columns(
        system.required, list(users.c.keys()), chosen=options.columns, where=where
    )
    fields = {field: users.c[column] for field, column in columns.items()}
    query = system.relate(UserQuery(connection, users, users, fields, options.columns))
    if "password" not in query.fields and "password" not in options.columns:
        raise UnusableSource(f"{where} has no ids, by which the passwords are found")
    return query


def _read_users(
    query: UserQuery, reader: Reader, deadline: Deadline
) -> Iterator[ImportedUser | Rejection]:
    """Yield the users by id, so that those who sign up meanwhile are last."""
    fields = query.fields
    order = fields.get("id", fields["email"])
    selected = sa.select(*fields.values()).select_from(query.source).order_by(order)
    streaming = query.connection.execution_options(yield_per=_ROWS)
    with raising_unusable(deadline):
        blocks = streaming.execute(selected).partitions()
    numbers = count(1)
    while True:
        with raising_unusable(deadline):
            block = next(blocks, None)
        if block is None:
            return
        for row in block:
            cells = dict(zip(fields, row, strict=True))
            yield reader.read_user(cells, place=f"row {next(numbers)}")


def _count(connection: Connection, users: sa.TableClause) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(users)).scalar_one()


def _count_sessions(connection: Connection, system: System) -> int | None:
    name = find_table(connection, system.sessions)
    if name is None:
        return None
    tokens = sa.table(name, sa.column("context"))
    count = sa.select(sa.func.count()).select_from(tokens)
    if system.session_context:
        count = count.where(tokens.c.context == system.session_context)
    return connection.execute(count).scalar_one()
