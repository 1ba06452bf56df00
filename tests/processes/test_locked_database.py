"""Another process keeps SQLite's write lock, for example a backup or a shell."""

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from authsite.clock import utc_now
from authsite.models import User, UserSession
from tests.processes.servers import FOR_LOAD, Server
from tests.processes.visitors import SESSION, Visitor

SETTINGS = FOR_LOAD | {
    "AUTHSITE_DATABASE_TIMEOUT": "1s",
    "AUTHSITE_SESSION_REFRESH_INTERVAL": "1h",
}
BUSY = ("sys_database_unavailable", "sys_purge: deferred")


@pytest.mark.asvs("13.1.3", "15.4.3", "15.4.4")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_pages_load_while_the_database_is_locked(
    tmp_path: Path, database_url: str, engine: Engine
) -> None:
    """A form gets a 503; a page loads, although its session is due to be refreshed."""
    with Server(tmp_path, database_url, settings=SETTINGS, may_log=BUSY) as server:
        member, anonymous = Visitor(server), Visitor(server)
        assert member.sign_up("ada@example.com").status == 303
        cookie = member.cookies[SESSION]
        with engine.begin() as connection:
            two_hours_ago = utc_now() - timedelta(hours=2)
            connection.execute(sa.update(UserSession).values(last_seen_at=two_hours_ago))
        with engine.connect() as other:
            other.exec_driver_sql("BEGIN IMMEDIATE")
            form = anonymous.sign_up("grace@example.com")
            page = member.get("/dashboard")
        assert (form.status, page.status) == (503, 200)
        assert int(form.headers["Retry-After"]) > 0
        assert anonymous.sign_up("grace@example.com").status == 303
        assert member.get("/dashboard").status == 200
        assert member.cookies[SESSION] == cookie
        with engine.connect() as connection:
            emails = sa.select(User.email).order_by(User.email)
            assert connection.execute(emails).scalars().all() == [
                "ada@example.com",
                "grace@example.com",
            ]
            earliest = sa.select(sa.func.min(UserSession.last_seen_at))
            assert connection.execute(earliest).scalar_one() > two_hours_ago, "not refreshed later"
