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
    """The site finds the new primary by itself; the URL names both servers."""
    with Cluster() as primary:
        url = primary.new_database()
        migrate(url)
        with Standby(primary) as standby:
            standby.make_synchronous()
            both = standby.url_of_both(url)
            with Server(tmp_path, both, may_log=OUTAGE_LOG) as server:
                load = Load()
                members = [Visitor(server) for _ in range(4)]
                for visitor in members:
                    load.sign_up(visitor)
                member, *others = members
                functions = [partial(load.load_dashboard, visitor) for visitor in others]
                functions += [partial(load.sign_up, Visitor(server)) for _ in range(6)]
                with meanwhile(functions):
                    wait_for_sign_ups(load)
                    primary.kill()
                    assert is_503(member.get("/dashboard"))
                    standby.promote()
                    until(lambda: member.get("/dashboard").status == 200, "the new primary")
                    wait_for_sign_ups(load)
                visitor = Visitor(server)
                for cookie in load.signed_up:
                    visitor.cookies[SESSION] = cookie
                    assert visitor.is_signed_in


def test_standby_is_not_ready_until_it_is_promoted(
    tmp_path: Path, migrate: Callable[[str], None]
) -> None:
    """Its pages load, and forms get a 503."""
    with Cluster() as primary:
        url = primary.new_database()
        migrate(url)
        with Standby(primary) as standby:
            with Server(tmp_path, url) as server:
                member = Visitor(server)
                member.sign_up("ada@example.com")
            with Server(tmp_path, standby.url_of(url), may_log=OUTAGE_LOG) as server:
                visitor, anonymous = Visitor(server), Visitor(server)
                visitor.cookies[SESSION] = member.cookies[SESSION]
                until(lambda: visitor.is_signed_in, "the session on the standby")
                assert is_503(anonymous.sign_in("ada@example.com"))
                assert visitor.get("/readyz").text == "read-only\n"
                standby.promote()
                until(lambda: visitor.get("/readyz").text == "ready\n", "the promotion")
                assert anonymous.sign_in("ada@example.com").status == 303
