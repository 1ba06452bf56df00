"""The migration that the code needs, and the one that a database is at."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

#: The migration that this code needs, the last one.
HEAD = "0012"
#: The table with the migration that the database is at. `alembic_version` is the application's.
VERSION_TABLE = "authsite_version"

_VERSION = sa.table(VERSION_TABLE, sa.column("version_num", sa.String))


def get_revision(connection: Connection) -> str | None:
    """Return the migration that the database is at; None if it has none of authsite's."""
    if not sa.inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.scalar(sa.select(sa.func.min(_VERSION.c.version_num)))


def is_migrated(revision: str | None) -> bool:
    """Whether the code works with a database at this migration or a later one.

    An upgrade migrates before it restarts the processes. Migrations are numbered in their order.
    """
    return revision is not None and revision >= HEAD
