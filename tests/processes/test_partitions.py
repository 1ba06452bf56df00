"""The site on tables that docs/scale.md has divided into partitions."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from authsite.audit.store import KEPT_FOR
from authsite.clock import utc_now
from authsite.models import AuditEvent, UserSession
from tests.partitions import partition
from tests.processes.servers import NO_MAIL, PRODUCTION, SECRET, SITE_URL, Server, until
from tests.processes.test_purge import leave_expired_sessions
from tests.processes.visitors import Visitor

EMAIL = "ada@example.com"
IS_OLD = AuditEvent.occurred_at < utc_now() - KEPT_FOR
LONG_AGO = utc_now() - KEPT_FOR - timedelta(days=1)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_site_works_on_partitions(
    tmp_path: Path, database_url: str, engine: Engine, migrate: Callable[..., None]
) -> None:
    """Sessions and history stay, expired rows are purged, migrations go down and up."""
    with Server(tmp_path, database_url) as server:
        visitor = Visitor(server)
        assert visitor.sign_up(EMAIL).status == 303
        indexes = index_names(engine)
        partition(database_url)
        assert index_names(engine) == indexes
        assert visitor.is_signed_in
        assert visitor.sign_out().status == 303
        assert visitor.sign_in(EMAIL).status == 303
        assert "Session ended" in visitor.get("/account/history").text
        with engine.begin() as connection:
            connection.execute(
                sa.update(AuditEvent.__table__)
                .where(AuditEvent.type == "session_ended")
                .values(occurred_at=LONG_AGO)
            )
        leave_expired_sessions(engine)
        purge(database_url)
        # The server purges as well, and a batch of it may be under way.
        until(lambda: count(engine, UserSession) == 1, "expired sessions are deleted")
        until(lambda: count(engine, AuditEvent, IS_OLD) == 0, "old events are deleted")
        assert visitor.is_signed_in
    partitions = {"authsite_session_7", "authsite_audit_event_first", "authsite_audit_event_rest"}
    assert partitions <= set(sa.inspect(engine).get_table_names())
    migrate(database_url, "0009", down=True)
    migrate(database_url)
    with Server(tmp_path, database_url) as server:
        visitor = Visitor(server)
        assert visitor.sign_in(EMAIL).status == 303
        assert "Signed up" in visitor.get("/account/history").text
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE authsite_audit_event_first")
        assert "Signed up" not in visitor.get("/account/history").text
        assert visitor.sign_out().status == 303


def index_names(engine: Engine) -> set[str]:
    """Return the names of the indexes of sessions and events."""
    inspector = sa.inspect(engine)
    tables = (UserSession.__tablename__, AuditEvent.__tablename__)
    return {str(index["name"]) for each in tables for index in inspector.get_indexes(each)}


def purge(database_url: str) -> None:
    """Run `authsite purge`, which must succeed."""
    own = {"AUTHSITE_SECRET": SECRET, "AUTHSITE_SITE_URL": SITE_URL, "DATABASE_URL": database_url}
    command = [str(Path(sys.executable).parent / "authsite"), "purge", str(PRODUCTION)]
    environ = {**os.environ, **NO_MAIL, **own}
    subprocess.run(command, env=environ, stdout=subprocess.DEVNULL, check=True)


def count(engine: Engine, model: type, *conditions: "sa.ColumnElement[bool]") -> int:
    """Return the number of rows for which the conditions hold."""
    rows = sa.select(sa.func.count()).select_from(model).where(*conditions)
    with engine.connect() as connection:
        return connection.execute(rows).scalar_one()
