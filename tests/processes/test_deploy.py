"""deploy/ on one machine: PostgreSQL, nginx and two services, killed and restarted."""

import contextlib
import gzip
import itertools
import os
import re
import secrets
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.browsers import PASSWORD
from tests.postgresql import Cluster
from tests.processes.concurrency import meanwhile
from tests.processes.listeners import LOOPBACK, Listener
from tests.processes.nginx import Nginx
from tests.processes.servers import DEADLINE, HOST, SITE_URL, until
from tests.processes.services import INSTANCES, Service, set_up
from tests.processes.visitors import Answer, Visitor

PRODUCTION_DOCS = (Path(__file__).parents[2] / "docs" / "production.md").read_text("utf-8")
USERS = 8
#: Responses to wait for between two steps.
RESPONSES = 100


@dataclass
class Deployment:
    """nginx and the services of a machine."""

    nginx: Nginx
    services: list[Service]

    def served_by(self, service: Service) -> int:
        """Return the number of requests in the proxy's log that this service has answered."""
        return self.nginx.access_log.read_text().count(f'"127.0.0.1:{service.port}" "')


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """The deployment, started once."""
    folder = tmp_path_factory.mktemp("deploy")
    with Cluster() as cluster:
        _, services = set_up(folder, cluster.new_database())
        with services[0], services[1], Nginx(folder, *services) as nginx:
            yield Deployment(nginx, services)


class Span(NamedTuple):
    """A period of time."""

    started: float
    ended: float

    def overlaps(self, other: "Span") -> bool:
        """Whether the two periods overlap."""
        return self.started <= other.ended and other.started <= self.ended


@dataclass
class Statistics:
    """What the users of the site have counted."""

    answers: int = 0
    #: The forms that got a 502: from sending to the response.
    lost: list[Span] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=itertools.count)


class User:
    """A user who loads pages, sends forms, and signs out and in again.

    After a 502 for a form, the user checks whether it worked, as the page advises.
    """

    def __init__(self, statistics: Statistics, nginx: Nginx) -> None:
        self._statistics = statistics
        number = next(statistics.numbers)
        self._email = f"visitor{number}@example.com"
        self.visitor = Visitor(nginx, source=f"127.0.1.{number + 2}")
        assert self.visitor.sign_up(self._email).status == 303

    def use_site(self) -> None:
        """Load pages, change the name, sign out and in."""
        for path in ("/dashboard", "/account", "/"):
            self._read(path)
        for name in ("Ada", "Augusta Ada"):
            self._send("/account", {"first_name": name, "last_name": "Lovelace"})
        if self._send("/sign-out", {}) or not self.visitor.is_signed_in:
            while not self._send("/sign-in", {"email": self._email, "password": PASSWORD}):
                assert not self.visitor.is_signed_in  # the cookie would have been in the answer

    def _read(self, path: str) -> Answer:
        """Load a page, which must succeed."""
        answer = self.visitor.get(path)
        assert answer.status == 200, answer
        self._statistics.answers += 1
        return answer

    def _send(self, path: str, values: dict[str, str]) -> bool:
        """Send a form; return False if the proxy answers 502."""
        page, sent_at = self._read(path), time.monotonic()
        answer = self.visitor.send(page, values)
        if answer.status == 502:
            assert "check whether it worked" in answer.text
            self._statistics.lost.append(Span(sent_at, time.monotonic()))
            return False
        assert answer.status == 303, answer
        self._statistics.answers += 1
        return True


def test_killed_server_loses_only_forms_in_flight(deployment: Deployment) -> None:
    """Pages load, and no user is signed out."""
    statistics, (_, other) = Statistics(), deployment.services
    users = [User(statistics, deployment.nginx) for _ in range(USERS)]
    with meanwhile(each.use_site for each in users):
        wait_for_answers(statistics)
        assert all(deployment.served_by(each) for each in deployment.services)
        killed = end(deployment, statistics, other, other.kill)
    assert all(each.visitor.is_signed_in for each in users)
    assert len(statistics.lost) <= USERS
    assert [form for form in statistics.lost if not form.overlaps(killed)] == []


def test_rolling_restart_loses_no_request(deployment: Deployment, tmp_path: Path) -> None:
    """The commands of docs/production.md restart both servers."""
    statistics = Statistics(numbers=itertools.count(USERS))
    users = [User(statistics, deployment.nginx) for _ in range(USERS)]
    with meanwhile(each.use_site for each in users):
        wait_for_answers(statistics)
        roll(deployment, tmp_path)
        wait_for_answers(statistics)
    assert statistics.lost == []
    assert all(each.visitor.is_signed_in for each in users)


#: Stands for systemd: it asks the test to restart a service, and waits.
SYSTEMCTL = """\
#!/bin/sh
echo "$*" > "$SYSTEMCTL.new" && mv "$SYSTEMCTL.new" "$SYSTEMCTL"
while [ -e "$SYSTEMCTL" ]; do sleep 0.05; done
"""


def roll(deployment: Deployment, folder: Path) -> None:
    """Run the commands of the docs for a rolling restart."""
    [commands] = re.findall(r"```sh\n(for each in main.*?)```", PRODUCTION_DOCS, re.DOTALL)
    for shipped, service in zip(("6543", "6544"), deployment.services, strict=True):
        assert commands.count(shipped) == 1
        commands = commands.replace(shipped, str(service.port))
    systemctl, asked = folder / "systemctl", folder / "asked"
    systemctl.write_text(SYSTEMCTL)
    systemctl.chmod(0o755)
    environ = os.environ | {"PATH": f"{folder}:{os.environ['PATH']}", "SYSTEMCTL": str(asked)}
    with subprocess.Popen(["sh", "-ec", commands], env=environ, stdout=subprocess.DEVNULL) as shell:
        for instance, service in zip(INSTANCES, deployment.services, strict=True):
            until(asked.exists, f"the restart of {instance}")
            assert asked.read_text() == f"restart authsite@{instance}\n"
            service.end()
            service.start()
            asked.unlink()
    assert shell.returncode == 0


def end(
    deployment: Deployment, statistics: Statistics, service: Service, by: Callable[[], None]
) -> Span:
    """End a server, wait for responses of the other, and restart it until it serves again.

    Returns the period in which it ended.
    """
    started = time.monotonic()
    by()
    ending = Span(started, time.monotonic())
    wait_for_answers(statistics)
    before = deployment.served_by(service)
    service.start()
    until(lambda: deployment.served_by(service) > before, "requests to the restarted server")
    return ending


def wait_for_answers(statistics: Statistics) -> None:
    """Wait for some more responses."""
    enough = statistics.answers + RESPONSES
    until(lambda: statistics.answers >= enough, "more answers")


def through(deployment: Deployment, path: str, **visitor: str) -> Answer:
    """Load a page through the proxy."""
    return Visitor(deployment.nginx, **visitor).get(path)


def test_metrics_are_served_by_each_service_not_by_the_proxy(
    deployment: Deployment,
) -> None:
    assert through(deployment, "/metrics").status == 404
    assert len({service.metrics for service in deployment.services}) == len(deployment.services)
    for service in deployment.services:
        until(lambda at=service.metrics: b"authsite_hash_seconds_count" in scraped(at), "metrics")


def scraped(address: str) -> bytes:
    """Return the metrics at this address; empty until they are served."""
    with (
        contextlib.suppress(urllib.error.URLError),
        urllib.request.urlopen(f"http://{address}/metrics", None, 30) as answer,
    ):
        return bytes(answer.read())
    return b""


def test_proxy_allows_probes_from_this_machine_only(deployment: Deployment) -> None:
    for path, word in (("/healthz", "alive\n"), ("/readyz", "ready\n")):
        assert through(deployment, path).text == word
        assert through(deployment, path, source="127.0.0.9").status == 403
        for service in deployment.services:
            assert Visitor(service).get(path).text == word


def test_proxy_redirects_http_to_https(deployment: Deployment) -> None:
    answer = Visitor(deployment.nginx.plain).get("/sign-in?next=/account")
    assert answer.status == 301
    assert answer.headers["Location"] == f"{SITE_URL}/sign-in?next=/account"


def test_proxy_refuses_tls_for_other_hosts(deployment: Deployment) -> None:
    with (
        socket.create_connection((LOOPBACK, deployment.nginx.port)) as connection,
        pytest.raises(ssl.SSLError, match="unrecognized name"),
    ):
        deployment.nginx.secure(connection, host="evil.test")


#: Weak protocols and suites are offered by this side at security level 0 only.
CBC, RSA_KEY_EXCHANGE = "ECDHE+AES+SHA256:ECDHE+AES:!AESGCM@SECLEVEL=0", "kRSA+AESGCM@SECLEVEL=0"


@pytest.mark.asvs("12.1.1", "12.1.2")
@pytest.mark.parametrize(
    ("version", "ciphers", "cipher"),
    [
        (ssl.TLSVersion.TLSv1_3, "DEFAULT", "TLS_AES_256_GCM_SHA384"),
        (ssl.TLSVersion.TLSv1_2, "DEFAULT", "ECDHE-RSA-AES256-GCM-SHA384"),
        (ssl.TLSVersion.TLSv1_2, CBC, None),
        (ssl.TLSVersion.TLSv1_2, RSA_KEY_EXCHANGE, None),
        (ssl.TLSVersion.TLSv1_1, "DEFAULT@SECLEVEL=0", None),
    ],
)
def test_proxy_offers_strong_tls_only(
    deployment: Deployment, version: ssl.TLSVersion, ciphers: str, cipher: str | None
) -> None:
    if cipher is None:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            deployment.nginx.handshake(version, ciphers)
    else:
        assert deployment.nginx.handshake(version, ciphers) == cipher


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_proxy_resumes_tls_sessions(deployment: Deployment, version: ssl.TLSVersion) -> None:
    assert deployment.nginx.resumes_sessions(version)


def test_proxy_compresses_style_sheets_and_no_page(deployment: Deployment) -> None:
    """Pages contain tokens, which compression would reveal."""
    connection = deployment.nginx.connection(timeout=DEADLINE)
    headers = {"Host": HOST, "Accept-Encoding": "gzip"}
    connection.request("GET", "/sign-in", headers=headers)
    page = connection.getresponse()
    assert "Content-Encoding" not in page.headers
    [sheet] = re.findall(r'href="(/authsite-static/[^"]*\.css[^"]*)"', page.read().decode())
    connection.request("GET", sheet, headers=headers)
    response = connection.getresponse()
    assert response.headers["Content-Encoding"] == "gzip"
    assert response.headers["Vary"] == "Accept-Encoding"
    assert "{" in gzip.decompress(response.read()).decode()


LINKS = ("change-email", "reset-password", "secure-account", "verify-email", "verify-new-email")


@pytest.mark.asvs("14.2.1", "16.2.5")
def test_proxy_log_contains_no_email_link_and_no_query(deployment: Deployment) -> None:
    """A link is secret until it is used, and opening its page does not use it."""
    token = secrets.token_urlsafe(32)
    before = len(deployment.nginx.access_log.read_text())
    for page in LINKS:
        for entrance in (deployment.nginx, deployment.nginx.plain):
            Visitor(entrance).get(f"/{page}/{token}?next={token}")
    damaged = [
        f"//reset-password/{token}",
        f"/reset-password{token}",
        f"/x/../verify-email/{token}",
    ]
    for path in (*damaged, f"/%72eset-password/{token}", f"/sign-in?next=/{token}"):
        through(deployment, path)

    def logged() -> str:
        return deployment.nginx.access_log.read_text()[before:]

    until(lambda: '"GET /sign-in"' in logged(), "a line in the log")
    log = logged()
    assert token not in log
    for page in LINKS:
        assert log.count(f'"GET /{page}/..."') == 2


@pytest.mark.parametrize("host", ["evil.test", "localhost", "127.0.0.1", ""])
def test_proxy_misdirects_other_hosts_without_a_log(deployment: Deployment, host: str) -> None:
    """The TLS handshake named the site, the request another host."""
    token = secrets.token_urlsafe(32)
    connection = deployment.nginx.connection(timeout=DEADLINE)
    connection.putrequest("GET", f"/reset-password/{token}", skip_host=True)
    connection.putheader("Host", host)
    connection.endheaders()
    response = connection.getresponse()
    assert response.status == (421 if host else 400)
    assert "/" not in response.headers["Server"]
    for file in (
        deployment.nginx.access_log,
        deployment.nginx.other_log,
        deployment.nginx.error_log,
    ):
        assert token not in file.read_text()


def test_proxy_logs_no_email_link_while_servers_are_away(tmp_path: Path) -> None:
    """Neither that of the request nor that of the page which it came from."""
    token = secrets.token_urlsafe(32)
    with Nginx(tmp_path, Listener(), Listener(), is_up=502) as nginx:
        referer = ("Referer", f"{SITE_URL}/verify-email/{token}")
        for path in (f"/reset-password/{token}", "/"):
            assert Visitor(nginx, headers=[referer]).get(path).status == 502
        until(lambda: "/reset-password/..." in nginx.access_log.read_text(), "a line in the log")
        for file in (nginx.access_log, nginx.other_log, nginx.error_log):
            assert token not in file.read_text()


@pytest.mark.asvs("5.2.1")
def test_proxy_refuses_large_forms(deployment: Deployment) -> None:
    page = through(deployment, "/sign-in")
    assert Visitor(deployment.nginx).send(page, {"password": "x" * 70_000}).status == 413
