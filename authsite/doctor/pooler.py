"""A pooler before PostgreSQL, such as PgBouncer, and what the site needs to work through one."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from authsite.db.postgresql import limits
from authsite.doctor.finding import Finding, fail, ok, warn
from authsite.doctor.subject import Subject

_USE = "Set authsite.database.pooler = transaction (docs/postgresql.md)."
_NONE = "Set authsite.database.pooler = none: the site prepares its statements, and is faster."
_RESET = sa.text("SELECT name, reset_val FROM pg_settings WHERE name = ANY(:names)")


def pooler(subject: Subject) -> Finding:
    """The site knows whether a pooler is before PostgreSQL, and limits its statements there."""
    is_pooled = subject.settings.database.is_pooled
    with subject.read_only_engine.connect() as connection:
        found = has_pooler(connection)
        unlimited = _unlimited(connection)
        role, database = connection.exec_driver_sql(
            "SELECT quote_ident(current_user), quote_ident(current_database())"
        ).one()
    if not found:
        direct = "The site is connected to PostgreSQL itself."
        return warn(direct, _NONE) if is_pooled else ok(direct)
    if not is_pooled:
        return fail(
            "A pooler is between the site and PostgreSQL: it refuses the site's connections, or "
            "drops their timeouts, and may answer one user with the row of another.",
            _USE,
        )
    if unlimited:
        wanted = limits(subject.settings.database.timeout)
        fix = "; ".join(
            f"ALTER ROLE {role} IN DATABASE {database} SET {name} = '{wanted[name]}'"
            for name in unlimited
        )
        return warn(
            f"Reads through the pooler have no {' and no '.join(unlimited)}.",
            f"{fix}; then restart the pooler (docs/postgresql.md).",
        )
    return ok("A pooler is before PostgreSQL, and the role of the site limits its statements.")


def has_pooler(connection: Connection) -> bool:
    """Whether the process that answers is another one than that which accepted the connection."""
    driver: Any = connection.connection.driver_connection
    answering = connection.execute(sa.select(sa.func.pg_backend_pid())).scalar_one()
    return bool(answering != driver.info.backend_pid)


def _unlimited(connection: Connection) -> list[str]:
    """Return the timeouts that a connection of the role does not have."""
    names = ["statement_timeout", "lock_timeout"]
    rows = connection.execute(_RESET, {"names": names}).all()
    unlimited = {row.name for row in rows if row.reset_val == "0"}
    return [name for name in names if name in unlimited]
