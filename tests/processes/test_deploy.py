"""deploy/ on one machine: PostgreSQL, nginx and two services, one of which is killed."""

import contextlib
import itertools
import secrets
import socket
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import pytest

from tests.browsers import PASSWORD
from tests.postgresql import Cluster
from tests.processes.concurrency import meanwhile
from tests.processes.listeners import LOOPBACK
from tests.processes.nginx import Nginx
from tests.processes.servers import SITE_URL, until
from tests.processes.services import Service, set_up
from tests.processes.visitors import Answer, Visitor

USERS = 8
#: Responses to wait for between two steps.
RESPONSES = 100
#: The errors that nginx logs about an unavailable server and refused requests.
MAY_LOG = ("access forbidden by rule", "client intended to send too large body")
MAY_LOG += ("while connecting to upstream", "while reading response header from upstream")
MAY_LOG += ("while sending request to upstream", "upstream server temporarily disabled")


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
        with services[0], services[1], Nginx(folder, *services, may_log=MAY_LOG) as nginx:
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


def test_ending_server_loses_only_forms_in_flight(
    deployment: Deployment,
) -> None:
    """One server is killed, the other stopped. Pages load, and no user is signed out."""
    statistics, (one, other) = Statistics(), deployment.services
    users = [User(statistics, deployment.nginx) for _ in range(USERS)]
    with meanwhile(each.use_site for each in users):
        wait_for_answers(statistics)
        assert all(deployment.served_by(each) for each in deployment.services)
        killed = end(deployment, statistics, other, other.kill)
        stopped = end(deployment, statistics, one, one.end)
    assert all(each.visitor.is_signed_in for each in users)
    in_flight = [form for form in statistics.lost if form.overlaps(killed)]
    assert len(in_flight) <= USERS
    assert [
        form for form in statistics.lost if form not in in_flight and not form.overlaps(stopped)
    ] == []


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


@pytest.mark.asvs("14.2.1", "16.2.5")
def test_proxy_log_contains_no_email_link_and_no_query(deployment: Deployment) -> None:
    """A link is secret until it is used, and opening its page does not use it."""
    token = secrets.token_urlsafe(32)
    pages = [
        "reset-password",
        "verify-email",
        "change-email",
        "secure-account",
    ]
    for page in pages:
        for entrance in (deployment.nginx, deployment.nginx.plain):
            Visitor(entrance).get(f"/{page}/{token}?next={token}")
    through(deployment, f"/sign-in?next=/{token}")
    until(lambda: '"GET /sign-in"' in deployment.nginx.access_log.read_text(), "a line in the log")
    log = deployment.nginx.access_log.read_text()
    assert token not in log
    for page in pages:
        assert log.count(f'"GET /{page}/..."') == 2


@pytest.mark.asvs("5.2.1")
def test_proxy_refuses_large_forms(deployment: Deployment) -> None:
    page = through(deployment, "/sign-in")
    assert Visitor(deployment.nginx).send(page, {"password": "x" * 70_000}).status == 413
