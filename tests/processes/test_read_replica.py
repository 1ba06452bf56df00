"""Pages take identities from a real standby, which stops replaying and is stopped."""

from collections.abc import Callable
from pathlib import Path

import psycopg

from tests.postgresql import Cluster
from tests.processes.replication import Standby
from tests.processes.servers import FOR_LOAD, Server, until
from tests.processes.visitors import Visitor

#: Longer than a busy machine lets a process wait, so that the replica stays current.
MAX_LAG = "10s"


def test_ended_session_loads_pages_no_longer_than_the_bound(
    tmp_path: Path, migrate: Callable[[str], None]
) -> None:
    """Afterwards, and while the replica is stopped, the primary is asked."""
    with Cluster() as primary:
        url = primary.new_database()
        migrate(url)
        with Standby(primary) as standby:
            settings = FOR_LOAD | {
                "AUTHSITE_DATABASE_READ_URL": standby.url_of(url),
                "AUTHSITE_DATABASE_READ_MAX_LAG": MAX_LAG,
            }
            with (
                Server(tmp_path, url, settings=settings) as server,
                psycopg.connect(url, autocommit=True) as on_primary,
                psycopg.connect(standby.url_of(url), autocommit=True) as on_standby,
            ):
                visitor = Visitor(server)
                assert visitor.sign_up("ada@example.com").status == 303
                assert visitor.is_signed_in  # whether the standby has the session or not
                visitor.get("/account")  # which shows no flash message any more
                until(lambda: visitor.is_signed_in and is_asked(on_standby), "the replica")

                on_standby.execute("SELECT pg_wal_replay_pause()")
                on_primary.execute("DELETE FROM authsite_session")
                assert visitor.is_signed_in
                until(lambda: not visitor.is_signed_in, "the end of the bound")

                on_standby.execute("SELECT pg_wal_replay_resume()")
                assert visitor.sign_in("ada@example.com").status == 303
                on_standby.close()
                standby.stop()
                assert visitor.is_signed_in
                until(lambda: "sys_replica_unavailable" in server.log.read_text(), "the log")
                assert visitor.is_signed_in


def is_asked(on_standby: psycopg.Connection) -> bool:
    """Whether the standby has looked sessions up."""
    scans = "SELECT idx_scan FROM pg_stat_user_tables WHERE relname = 'authsite_session'"
    row = on_standby.execute(scans).fetchone()
    return row is not None and row[0] > 0
