"""A server is stopped: it answers what it has received, and ends in time."""

import http.client
import os
import re
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from authsite.models import User
from tests.processes.listeners import LOOPBACK
from tests.processes.servers import CHEAP_HASHES, DEADLINE, FOR_LOAD, HOST, Server
from tests.processes.visitors import Answer, Visitor, sign_up_form

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

SIGN_UPS = 12
#: Without the cheap hashes of other tests, so that some wait for a hash.
COSTLY = {name: value for name, value in FOR_LOAD.items() if name not in CHEAP_HASHES}
NEW_PID_NAMESPACE = ("unshare", "--user", "--map-root-user", "--pid", "--fork")


class StartedServer(Server):
    """A server that another program starts: it becomes the server, or waits for it."""

    def __init__(self, by: tuple[str, ...], folder: Path, url: str) -> None:
        super().__init__(folder, url, settings=COSTLY)
        self._command = [*by, *self._command]

    def stop(self, number: int) -> None:
        """Send the signal to the server itself, and wait for the end of the program."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        os.kill(int(children[0]) if children else self.pid, number)
        self._process.wait(DEADLINE)

    @property
    def status(self) -> int | None:
        """The exit status."""
        return self._process.poll()


def sent_sign_ups(server: Server) -> list[Callable[[], Answer]]:
    """Send sign-ups and read no response; every second one is on a new connection."""
    visitors = [Visitor(server) for _ in range(SIGN_UPS)]
    pages = [visitor.get("/sign-up") for visitor in visitors]
    for visitor in visitors[::2]:
        visitor.hang_up()
    return [
        visitor.send_unread(page, sign_up_form(f"visitor{number}@example.com"))
        for number, (visitor, page) in enumerate(zip(visitors, pages, strict=True))
    ]


def in_a_new_pid_namespace() -> tuple[str, ...]:
    """Return the command that makes a server process 1, as in a container."""
    try:
        done = subprocess.run([*NEW_PID_NAMESPACE, "true"], capture_output=True, check=False)
        may_create = done.returncode == 0
    except FileNotFoundError:
        may_create = False
    if not may_create:
        stop = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        stop("unshare is missing or may not create a PID namespace")
    return NEW_PID_NAMESPACE


def directly() -> tuple[str, ...]:
    """Return the command that starts a server as a service manager does."""
    return ("env", "--default-signal=INT")


def in_the_background() -> tuple[str, ...]:
    """Return the command that starts a server as a script does, which lets it ignore SIGINT."""
    return ("sh", "-c", '"$@" & wait $!', "sh")


@pytest.mark.parametrize(
    ("started", "number"),
    [
        (directly, signal.SIGTERM),
        (directly, signal.SIGINT),
        (in_the_background, signal.SIGTERM),
        (in_a_new_pid_namespace, signal.SIGTERM),
    ],
)
def test_stopped_server_answers_sign_ups_in_flight(
    tmp_path: Path, database_url: str, engine: Engine, started, number
) -> None:
    """Those it has not read, too; clients are asked to close their connections."""
    with StartedServer(started(), tmp_path, database_url) as server:
        answers = sent_sign_ups(server)
        server.stop(number)
        responses = [read() for read in answers]
        assert [each.status for each in responses] == [303] * SIGN_UPS
        assert {each.headers["Connection"] for each in responses} == {"close"}
        assert server.status == 0
    with engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count(User.id))) == SIGN_UPS


def with_lines(**lines: str) -> Callable[[str], str]:
    """Return an edit of production.ini that changes lines of its servers."""

    def edit(ini: str) -> str:
        for name, value in lines.items():
            ini, times = re.subn(rf"^{name} = .*$", f"{name} = {value}", ini, flags=re.MULTILINE)
            assert times == 1, name
        return ini

    return edit


def test_stopped_server_ends_within_its_timeout(
    tmp_path: Path, database_url: str, engine: Engine
) -> None:
    """A sign-up waits for a lock for longer than the test."""
    with Server(
        tmp_path,
        database_url,
        settings=FOR_LOAD | {"AUTHSITE_DATABASE_TIMEOUT": "10m"},
        may_log=("sys_stop_timeout",),
        edit=with_lines(stop_timeout="2"),
    ) as server:
        visitor = Visitor(server)
        page = visitor.get("/sign-up")
        with engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            read = visitor.send_unread(page, sign_up_form("ada@example.com"))
            server.stop(signal.SIGTERM)
        with pytest.raises((ConnectionError, http.client.HTTPException)):
            read()
        assert server.records()[-1]["message"].startswith("sys_stop_timeout")


def test_stopped_server_closes_idle_and_half_open_connections(
    tmp_path: Path, database_url: str
) -> None:
    """Neither timeout ends within the test."""
    edit = with_lines(stop_timeout="600", channel_timeout="600")
    with Server(tmp_path, database_url, edit=edit) as server:
        Visitor(server).get("/sign-in")
        with socket.create_connection((LOOPBACK, server.port)) as slow:
            slow.sendall(f"POST /sign-in HTTP/1.1\r\nHost: {HOST}\r\n".encode())
            server.stop(signal.SIGTERM)
