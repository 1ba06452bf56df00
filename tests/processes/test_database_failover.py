"""The primary is lost under load, and its synchronous standby takes over."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.postgresql import Cluster
from tests.processes.concurrency import meanwhile
from tests.processes.replication import Standby
from tests.processes.servers import Server, until
from tests.processes.test_database_restart import OUTAGE_LOG, Load, is_503, wait_for_sign_ups
from tests.processes.visitors import SESSION, Visitor


def test_failover_loses_no_answered_sign_up(tmp_path: Path, migrate: Callable[[str], None]) -> None:
    """A site whose URL names both servers finds the new primary by itself.

    Another one, whose URL names the standby, is not ready until that is promoted.
    """
    with Cluster() as primary:
        url = primary.new_database()
        migrate(url)
        with Standby(primary) as standby:
            standby.make_synchronous()
            both, one = standby.url_of_both(url), standby.url_of(url)
            with (
                Server(tmp_path, both, may_log=OUTAGE_LOG) as server,
                Server(tmp_path, one, may_log=OUTAGE_LOG) as unready,
            ):
                load = Load()
                members = [Visitor(server) for _ in range(4)]
                for visitor in members:
                    load.sign_up(visitor)
                member, *others = members
                waiting = Visitor(unready)
                functions = [partial(load.load_dashboard, visitor) for visitor in others]
                functions += [partial(load.sign_up, Visitor(server)) for _ in range(6)]
                with meanwhile(functions):
                    wait_for_sign_ups(load)
                    assert waiting.get("/readyz").text == "read-only\n"
                    assert is_503(waiting.sign_in("visitor0@example.com"))
                    primary.kill()
                    assert is_503(member.get("/dashboard"))
                    standby.promote()
                    until(lambda: member.get("/dashboard").status == 200, "the new primary")
                    wait_for_sign_ups(load)
                visitor = Visitor(server)
                for cookie in load.signed_up:
                    visitor.cookies[SESSION] = cookie
                    assert visitor.is_signed_in
                until(lambda: waiting.get("/readyz").text == "ready\n", "the promotion")
                assert waiting.sign_in("visitor0@example.com").status == 303
