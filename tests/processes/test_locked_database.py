"""Another process holds SQLite's write lock and does not let go: a backup, a shell, a debugger."""

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from authsite.clock import utc_now
from authsite.models import User, UserSession
from tests.processes.servers import FOR_CROWDS, Server
from tests.processes.visitors import SESSION, Visitor

SETTINGS = FOR_CROWDS | {
    "AUTHSITE_DATABASE_TIMEOUT": "1s",
    "AUTHSITE_SESSION_REFRESH_INTERVAL": "1h",
}
BUSY = ("sys_database_unavailable", "sys_purge: deferred")


@pytest.mark.asvs("13.1.3", "15.4.3", "15.4.4")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_pages_open_while_nothing_can_be_written(
    tmp_path: Path, database_url: str, engine: Engine
) -> None:
    """A form is put off with 503; a page is not, although its session is due to be extended."""
    with Server(tmp_path, database_url, settings=SETTINGS, may_log=BUSY) as server:
        inhabitant, stranger = Visitor(server), Visitor(server)
        assert inhabitant.sign_up("ada@example.com").status == 303
        cookie = inhabitant.cookies[SESSION]
        with engine.begin() as connection:
            two_hours_ago = utc_now() - timedelta(hours=2)
            connection.execute(sa.update(UserSession).values(last_seen_at=two_hours_ago))
        with engine.connect() as other:
            other.exec_driver_sql("BEGIN IMMEDIATE")
            reschedule = stranger.sign_up("grace@example.com")
            page = inhabitant.get("/dashboard")
        assert (reschedule.status, page.status) == (503, 200)
        assert int(reschedule.headers["Retry-After"]) > 0
        assert stranger.sign_up("grace@example.com").status == 303
        assert inhabitant.get("/dashboard").status == 200
        assert inhabitant.cookies[SESSION] == cookie
        with engine.connect() as connection:
            emails = sa.select(User.email).order_by(User.email)
            assert connection.execute(emails).scalars().all() == [
                "ada@example.com",
                "grace@example.com",
            ]
            earliest = sa.select(sa.func.min(UserSession.last_seen_at))
            assert connection.execute(earliest).scalar_one() > two_hours_ago, "not extended later"
