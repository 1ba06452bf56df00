"""The version table of former code: `alembic_version`, which belongs to a host application today.

Former code had it in the database of a stand-alone site. It is recognized and moved once.
"""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from authsite.db.revision import VERSION_TABLE

_FORMER = sa.table("alembic_version", sa.column("version_num", sa.String))
#: As alembic creates it.
_VERSION = sa.Table(
    VERSION_TABLE,
    sa.MetaData(),
    sa.Column("version_num", sa.String(32), nullable=False),
    sa.PrimaryKeyConstraint("version_num", name=f"{VERSION_TABLE}_pkc"),
)
#: The migration that copied all tables to the names that they have today.
_RENAMED = "0005"
#: The migrations that former code knew, and the tables that each has created.
_CREATED: dict[str, set[str]] = {
    "0001": {"user", "user_session", "sweep"},
    "0002": {"throttle"},
    "0003": {"outbox_message", "pending_link"},
    "0004": {"event"},
    _RENAMED: {
        "authsite_audit_event",
        "authsite_email_link",
        "authsite_outbox_message",
        "authsite_purge_run",
        "authsite_session",
        "authsite_throttle",
        "authsite_user",
    },
    "0006": {"authsite_pending_sign_in"},
    "0007": set(),
    "0008": {"authsite_answered_form"},
    "0009": set(),
    "0010": set(),
    "0011": {"authsite_account_note"},
    "0012": set(),
}


def find_former_revision(connection: Connection) -> str | None:
    """Return the migration that former code has left the database at; None for any other database.

    A host application may number its migrations as authsite does, so the tables must be there, too.
    """
    tables = set(sa.inspect(connection).get_table_names())
    if VERSION_TABLE in tables or _FORMER.name not in tables:
        return None
    revisions = connection.scalars(sa.select(_FORMER.c.version_num)).all()
    if len(revisions) != 1 or revisions[0] not in _CREATED:
        return None
    [revision] = revisions
    return revision if _tables_at(revision) <= tables else None


def _tables_at(revision: str) -> set[str]:
    first = _RENAMED if revision >= _RENAMED else ""
    return set().union(*(_CREATED[each] for each in _CREATED if first <= each <= revision))


def move_former_revision(connection: Connection) -> bool:
    """Move the version table of former code to its name of today; return whether there was one."""
    revision = find_former_revision(connection)
    if revision is None:
        return False
    _VERSION.create(connection)
    connection.execute(sa.insert(_VERSION).values(version_num=revision))
    connection.exec_driver_sql(f"DROP TABLE {_FORMER.name}")
    return True
