"""The migration that the code needs, and the one that a database is at."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

#: The migration that this code needs. The folder of migrations is not installed with it.
HEAD = "0012"

_VERSION = sa.table("alembic_version", sa.column("version_num", sa.String))


def get_revision(connection: Connection) -> str | None:
    """Return the migration that the database is at; None if it has no table of them."""
    if not sa.inspect(connection).has_table(_VERSION.name):
        return None
    revision: str | None = connection.execute(sa.select(_VERSION)).scalar_one_or_none()
    return revision


def is_migrated(revision: str | None) -> bool:
    """Whether the code works with a database at this migration or a later one.

    An upgrade migrates before it restarts the processes. Migrations are numbered in their order.
    """
    return revision is not None and revision >= HEAD
