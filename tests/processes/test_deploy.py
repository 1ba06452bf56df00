"""deploy/ as it is, on one machine: PostgreSQL, nginx and two services, of which one dies."""

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
from tests.processes.crowds import meanwhile
from tests.processes.listeners import LOOPBACK
from tests.processes.nginx import Nginx
from tests.processes.servers import SITE_URL, until
from tests.processes.services import Service, set_up
from tests.processes.visitors import Answer, Visitor

PEOPLE = 8
#: Answers that are waited for before something happens.
ENOUGH = 100
#: What nginx logs of a server that is away, and of those whom it turns away.
MAY_LOG = ("access forbidden by rule", "client intended to send too large body")
MAY_LOG += ("while connecting to upstream", "while reading response header from upstream")
MAY_LOG += ("while sending request to upstream", "upstream server temporarily disabled")


@dataclass
class Place:
    """A machine that runs the site."""

    nginx: Nginx
    services: list[Service]

    def served_by(self, service: Service) -> int:
        """Return how many requests this service has answered, as the proxy's log has it."""
        return self.nginx.access_log.read_text().count(f'"127.0.0.1:{service.port}" "')


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Everything, started once."""
    folder = tmp_path_factory.mktemp("deploy")
    with Cluster() as cluster:
        _, services = set_up(folder, cluster.new_database())
        with services[0], services[1], Nginx(folder, *services, may_log=MAY_LOG) as nginx:
            yield Place(nginx, services)


class Span(NamedTuple):
    """From when to when something lasted."""

    begun: float
    ended: float

    def overlaps(self, other: "Span") -> bool:
        """Whether there was a moment at which both were going on."""
        return self.begun <= other.ended and other.begun <= self.ended


@dataclass
class Crowd:
    """People who use the site, and what they were answered."""

    answers: int = 0
    #: The forms that the proxy had no answer to: when each was sent, and when that was told.
    lost: list[Span] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=itertools.count)


class Regular:
    """Somebody who reads, sends forms, and now and then signs out and in again.

    Who gets no answer to a form looks what has become of it, as the page advises.
    """

    def __init__(self, crowd: Crowd, nginx: Nginx) -> None:
        self._crowd = crowd
        number = next(crowd.numbers)
        self._email = f"visitor{number}@example.com"
        self.visitor = Visitor(nginx, source=f"127.0.1.{number + 2}")
        assert self.visitor.sign_up(self._email).status == 303

    def come_by(self) -> None:
        """Do what one does."""
        for path in ("/dashboard", "/account", "/"):
            self._read(path)
        for name in ("Ada", "Augusta Ada"):
            self._send("/account", {"first_name": name, "last_name": "Lovelace"})
        if self._send("/sign-out", {}) or not self.visitor.is_signed_in:
            while not self._send("/sign-in", {"email": self._email, "password": PASSWORD}):
                assert not self.visitor.is_signed_in  # the cookie would have been in the answer

    def _read(self, path: str) -> Answer:
        """Open a page; this must never fail."""
        answer = self.visitor.get(path)
        assert answer.status == 200, answer
        self._crowd.answers += 1
        return answer

    def _send(self, path: str, values: dict[str, str]) -> bool:
        """Send a form; return whether there was an answer to it."""
        page, sent_at = self._read(path), time.monotonic()
        answer = self.visitor.send(page, values)
        if answer.status == 502:
            assert "check whether it worked" in answer.text
            self._crowd.lost.append(Span(sent_at, time.monotonic()))
            return False
        assert answer.status == 303, answer
        self._crowd.answers += 1
        return True


def test_who_is_served_while_a_server_ends_sees_no_error_but_for_forms_on_their_way(
    place: Place,
) -> None:
    """One is killed, and comes back; the other is stopped. Pages open, and nobody is signed out."""
    crowd, (one, other) = Crowd(), place.services
    people = [Regular(crowd, place.nginx) for _ in range(PEOPLE)]
    with meanwhile(each.come_by for each in people):
        wait_for_answers(crowd)
        assert all(place.served_by(each) for each in place.services)
        killed = end(place, crowd, other, other.kill)
        stopped = end(place, crowd, one, one.end)
    assert all(each.visitor.is_signed_in for each in people)
    on_their_way = [form for form in crowd.lost if form.overlaps(killed)]
    assert len(on_their_way) <= PEOPLE
    assert [
        form for form in crowd.lost if form not in on_their_way and not form.overlaps(stopped)
    ] == []


def end(place: Place, crowd: Crowd, service: Service, by: Callable[[], None]) -> Span:
    """End a server, see that the others go on, and start it again until it is asked again.

    Returns how long it took to end.
    """
    begun = time.monotonic()
    by()
    took = Span(begun, time.monotonic())
    wait_for_answers(crowd)
    before = place.served_by(service)
    service.start()
    until(lambda: place.served_by(service) > before, "the server is asked again")
    return took


def wait_for_answers(crowd: Crowd) -> None:
    """Wait until people were answered some times more."""
    enough = crowd.answers + ENOUGH
    until(lambda: crowd.answers >= enough, "more answers")


def through(place: Place, path: str, **visitor: str) -> Answer:
    """Open a page through the proxy."""
    return Visitor(place.nginx, **visitor).get(path)


def test_each_service_tells_what_it_counts_at_its_own_address_and_the_proxy_does_not(
    place: Place,
) -> None:
    assert through(place, "/metrics").status == 404
    assert len({service.metrics for service in place.services}) == len(place.services)
    for service in place.services:
        until(lambda at=service.metrics: b"authsite_hash_seconds_count" in scraped(at), "metrics")


def scraped(address: str) -> bytes:
    """Return the metrics at this address; nothing until they are served."""
    with (
        contextlib.suppress(urllib.error.URLError),
        urllib.request.urlopen(f"http://{address}/metrics", None, 30) as answer,
    ):
        return bytes(answer.read())
    return b""


def test_who_probes_is_this_machine(place: Place) -> None:
    for path, word in (("/healthz", "alive\n"), ("/readyz", "ready\n")):
        assert through(place, path).text == word
        assert through(place, path, source="127.0.0.9").status == 403
        for service in place.services:
            assert Visitor(service).get(path).text == word


def test_who_comes_by_http_is_sent_to_https(place: Place) -> None:
    answer = Visitor(place.nginx.plain).get("/sign-in?next=/account")
    assert answer.status == 301
    assert answer.headers["Location"] == f"{SITE_URL}/sign-in?next=/account"


def test_another_host_has_no_certificate(place: Place) -> None:
    with (
        socket.create_connection((LOOPBACK, place.nginx.port)) as connection,
        pytest.raises(ssl.SSLError, match="unrecognized name"),
    ):
        place.nginx.secure(connection, host="evil.test")


@pytest.mark.asvs("14.2.1", "16.2.5")
def test_the_log_of_the_proxy_holds_no_link_of_a_mail_and_no_query(place: Place) -> None:
    """A link is a secret until it was used, and opening it does not use it."""
    token = secrets.token_urlsafe(32)
    pages = [
        "reset-password",
        "verify-email",
        "change-email",
        "secure-account",
    ]
    for page in pages:
        for door in (place.nginx, place.nginx.plain):
            Visitor(door).get(f"/{page}/{token}?next={token}")
    through(place, f"/sign-in?next=/{token}")
    until(lambda: '"GET /sign-in"' in place.nginx.access_log.read_text(), "a line in the log")
    log = place.nginx.access_log.read_text()
    assert token not in log
    for page in pages:
        assert log.count(f'"GET /{page}/..."') == 2


@pytest.mark.asvs("5.2.1")
def test_a_large_form_is_refused_by_the_proxy(place: Place) -> None:
    page = through(place, "/sign-in")
    assert Visitor(place.nginx).send(page, {"password": "x" * 70_000}).status == 413
