"""Which migrations the code needs, and which ones a database has seen."""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

#: The migration that this code was written for. The folder of migrations is not installed with it.
HEAD = "0006"

_VERSION = sa.table("alembic_version", sa.column("version_num", sa.String))


def revision_of(connection: Connection) -> str | None:
    """Return the last migration that the database has seen; None if it has seen none."""
    if not sa.inspect(connection).has_table(_VERSION.name):
        return None
    revision: str | None = connection.execute(sa.select(_VERSION)).scalar_one_or_none()
    return revision


def is_migrated(revision: str | None) -> bool:
    """Whether the code can work with a database that has seen this migration last.

    A later one counts too: an upgrade migrates first, and processes of the former version go on
    until their turn to be started anew comes. Migrations are numbered in their order.
    """
    return revision is not None and revision >= HEAD
