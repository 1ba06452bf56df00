"""Background workers of servers: in the process that serves, or in the children of a master.

No server gets a request before its workers have finished.
"""

import contextlib
import os
import signal
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from authsite.clock import utc_now
from authsite.models import OutboxMessage, UserSession
from tests.factories import a_message, a_session, a_user
from tests.processes.listeners import Listener
from tests.processes.servers import DEADLINE, FOR_LOAD, Server, until
from tests.processes.visitors import Visitor
from tests.prometheus import is_served, scraped
from tests.smtp import Mailserver, a_mailserver

GUNICORN = (
    "use = egg:gunicorn#main\nworkers = 2\nworker_class = gthread\nthreads = 4\n"
    "loglevel = critical\n"
)


class PurgingServer(Server):
    """A server that counts as started once it has purged, without a request."""

    def purged_by(self) -> list[int]:
        """Return the ids of the processes that have purged."""
        return self.processes("sys_purge")

    def processes(self, event: str) -> list[int]:
        """Return the process id of each record of this event."""
        return [record["process"] for record in self.records() if record.get("event") == event]

    def children(self) -> list[int]:
        """Return the process ids of the children."""
        path = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        return [int(child) for child in path.read_text().split()]

    def wait(self) -> None:
        """Wait for the end of the process."""
        self._process.wait(DEADLINE)

    def _answers(self) -> bool:
        assert self._process.poll() is None, f"the server ended with {self._process.returncode}"
        return bool(self.purged_by())


def forking(ini: str) -> str:
    """Edit production.ini: pserve loads the application, then gunicorn forks."""
    before, _, after = ini.partition("[server:main]\n")
    _, _, after = after.partition("[server:second]\n")
    listen = ini.partition("\nlisten = ")[2].partition("\n")[0]
    return f"{before}[server:main]\n{GUNICORN}bind = {listen}\n[server:second]\n{after}"


@pytest.fixture
def mailserver() -> Iterator[Mailserver]:
    """A mail server that accepts every message."""
    with a_mailserver() as server:
        yield server


@pytest.fixture(autouse=True)
def _due(engine: Engine) -> None:
    """An email to deliver, and a session that has expired."""
    past = utc_now() - timedelta(days=1)
    with Session(engine) as dbsession:
        a_message(dbsession, send_at=past, recipient="ada@example.com")
        a_session(dbsession, a_user(dbsession), expires_at=past)


def settings_of(mailserver: Mailserver, **more: str) -> dict[str, str]:
    """Return the environment variables of the server."""
    return FOR_LOAD | {"AUTHSITE_MAIL_PORT": str(mailserver.port)} | more


def sessions(engine: Engine) -> int:
    """Return the number of sessions."""
    with engine.connect() as connection:
        return connection.execute(sa.select(sa.func.count(UserSession.id))).scalar_one()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_pserve_runs_workers_and_ends_cleanly(
    tmp_path: Path, database_url: str, engine: Engine, mailserver: Mailserver, number
) -> None:
    """The worker finishes its email when the server is stopped."""
    mailserver.hangs = True
    with PurgingServer(tmp_path, database_url, settings=settings_of(mailserver)) as server:
        assert server.purged_by() == [server.pid]
        assert sessions(engine) == 0
        until(lambda: mailserver.waiting, "an email in delivery")
        os.kill(server.pid, number)
        mailserver.hangs = False
        server.wait()
        assert server.processes("sys_mail_delivered") == [server.pid]
    with engine.connect() as connection:
        assert connection.execute(sa.select(OutboxMessage.delivered_at)).scalar_one()


def test_workers_run_in_the_children_of_a_forking_server(
    tmp_path: Path, database_url: str, engine: Engine, mailserver: Mailserver
) -> None:
    settings = settings_of(mailserver, AUTHSITE_PURGE_INTERVAL="1s")
    with PurgingServer(tmp_path, database_url, settings=settings, edit=forking) as server:
        assert sessions(engine) == 0
        until(lambda: mailserver.received, "the email")
        visitor = Visitor(server)
        assert visitor.sign_up("ada@example.com").status == 303
        assert visitor.is_signed_in
        until(lambda: len(mailserver.received) == 2, "the email of the sign-up")
        first, second = server.children()
        os.kill(first, signal.SIGKILL)
        until(lambda: {*server.children()} > {second}, "another child")
        os.kill(second, signal.SIGKILL)
        # Of two new children, the one that is first in its second may do all purges.
        until(lambda: {*server.purged_by()} - {first, second}, "a purge of a new child")
        workers = {*server.purged_by(), *server.processes("sys_mail_delivered")}
        assert server.pid not in workers


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_metrics_are_served_before_the_first_page(
    tmp_path: Path, database_url: str, mailserver: Mailserver
) -> None:
    address = f"127.0.0.1:{Listener().port}"
    settings = settings_of(mailserver, AUTHSITE_METRICS_LISTEN=address)
    with Server(tmp_path, database_url, settings=settings):
        assert 'authsite_request_seconds_count{status="2xx"} 1.0' in scraped(address)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_one_child_of_a_forking_server_serves_metrics(
    tmp_path: Path, database_url: str, mailserver: Mailserver
) -> None:
    """The other one logs why it does not; a new child takes the port of one that ended."""
    address = f"127.0.0.1:{Listener().port}"
    settings = settings_of(mailserver, AUTHSITE_METRICS_LISTEN=address)
    failed = "sys_metrics_bind_failed"
    with PurgingServer(
        tmp_path, database_url, settings=settings, edit=forking, may_log=(failed,)
    ) as server:
        until(lambda: server.processes(failed), "the refusal of the second child")
        [other] = server.processes(failed)
        [owner] = {*server.children()} - {other}
        assert "authsite_build_info" in scraped(address)
        os.kill(owner, signal.SIGKILL)
        until(lambda: owner not in server.children(), "the end of the child")
        until(lambda: is_served(address), "the metrics of the new child")
        assert server.processes(failed) == [other]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_children_share_several_ports_for_metrics(
    tmp_path: Path, database_url: str, mailserver: Mailserver
) -> None:
    """Two children, three ports."""
    first = free_ports(3)
    settings = settings_of(mailserver, AUTHSITE_METRICS_LISTEN=f"127.0.0.1:{first}-{first + 2}")
    with PurgingServer(tmp_path, database_url, settings=settings, edit=forking) as server:
        addresses = [f"127.0.0.1:{first + number}" for number in range(3)]
        until(lambda: sum(map(is_served, addresses)) == 2, "the metrics of both children")
        assert server.processes("sys_metrics_bind_failed") == []


def free_ports(number: int) -> int:
    """Return the first of some free ports."""
    while True:
        first = Listener().port
        with contextlib.suppress(OSError), contextlib.ExitStack() as claimed:
            for port in range(first, first + number):
                claimed.enter_context(socket.create_server(("127.0.0.1", port)))
            return first
