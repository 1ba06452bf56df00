"""The IP address of a client, through the documented proxy; clients cannot forge it."""

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import sqlalchemy as sa

from authsite.models import UserSession
from tests.processes.listeners import Listener
from tests.processes.nginx import Nginx
from tests.processes.servers import CHEAP_HASHES, SITE_URL, Server, trusting_a_proxy
from tests.processes.visitors import SESSION, Answer, Visitor

FORGED = "203.0.113.66"
SPOOFED = {
    "X-Forwarded-For": [("X-Forwarded-For", FORGED)],
    "X-Forwarded-For twice": [("X-Forwarded-For", FORGED), ("X-Forwarded-For", "127.0.0.1")],
    "X-Forwarded-For as a list": [("X-Forwarded-For", f"{FORGED}, 127.0.0.1, {FORGED}")],
    "X-Forwarded-For of nonsense": [("X-Forwarded-For", '"unknown, [::1')],
    "X-Forwarded-For with underscores": [("X_Forwarded_For", FORGED), ("X-Forwarded_For", FORGED)],
    "Forwarded": [("Forwarded", f"for={FORGED};proto=http;host=evil.test;by={FORGED}")],
    "Forwarded as a list": [("Forwarded", f"for={FORGED}, for=127.0.0.1"), ("Forwarded", "for=x")],
    "Forwarded of nonsense": [("Forwarded", "for; =;")],
    "X-Real-IP": [("X-Real-IP", FORGED)],
    "True-Client-IP": [("True-Client-IP", FORGED)],
    "X-Client-IP": [("X-Client-IP", FORGED)],
    "CF-Connecting-IP": [("CF-Connecting-IP", FORGED)],
    "Client-IP": [
        ("Client-IP", FORGED),
        ("X-Cluster-Client-IP", FORGED),
        ("X-Originating-IP", FORGED),
    ],
    "X-Forwarded-Host": [("X-Forwarded-Host", "evil.test"), ("X-Forwarded-Server", "evil.test")],
    "X-Forwarded-Proto": [("X-Forwarded-Proto", "http"), ("X-Forwarded-Ssl", "off")],
    "X-Forwarded-Proto of nonsense": [("X-Forwarded-Proto", "gopher, https")],
    "X-Forwarded-Port": [("X-Forwarded-Port", "1"), ("X-Url-Scheme", "http")],
    "X-Forwarded-Prefix": [("X-Forwarded-Prefix", "/evil"), ("X-Script-Name", "/evil")],
    "X-Forwarded-By": [("X-Forwarded-By", FORGED), ("Via", f"1.1 {FORGED}")],
}

#: The failures in 5 minutes that `authsite.throttle.sign_in_network` allows.
FAILURES = 30

_numbers = itertools.count(1)
_ip_addresses = (f"127.0.{third}.{fourth}" for third in range(1, 200) for fourth in range(2, 200))


@dataclass(frozen=True)
class Entrances:
    """The entrances to a site: the proxy, the server behind it, and a server without proxy."""

    engine: sa.Engine
    listeners: dict[str, Listener]

    def session_ip_address(self, visitor: Visitor) -> str | None:
        """Return the IP address in the session of this visitor."""
        with self.engine.connect() as connection:
            ip_address: str | None = connection.execute(
                sa.select(UserSession.ip_address).where(
                    UserSession.id == visitor.cookies[SESSION].partition(".")[0]
                )
            ).scalar_one()
        return ip_address


@pytest.fixture(scope="module")
def entrances(
    tmp_path_factory: pytest.TempPathFactory, migrate: Callable[[str], None]
) -> Iterator[Entrances]:
    """A server behind nginx and one without proxy, on one database."""
    folder = tmp_path_factory.mktemp("network")
    url = f"sqlite:///{folder}/authsite.sqlite"
    migrate(url)
    engine = sa.create_engine(url)
    with (
        Server(folder, url, settings=CHEAP_HASHES, edit=trusting_a_proxy) as behind,
        Nginx(folder, behind) as nginx,
        Server(folder, url, settings=CHEAP_HASHES) as alone,
    ):
        yield Entrances(engine, {"proxy": nginx, "behind": behind, "alone": alone})
    engine.dispose()


@pytest.fixture
def ip_address() -> str:
    """An unused IP address of this machine."""
    return next(_ip_addresses)


def summary_of(answer: Answer) -> tuple[int, str | None, list[str]]:
    """Return status, redirect and cookies of a response, without cookie values."""
    cookies = [
        re.sub("=[^;]*", "", re.sub("expires=[^;]*; ", "", cookie), count=1)
        for cookie in answer.headers.get_all("Set-Cookie", [])
    ]
    return answer.status, answer.headers["Location"], cookies


def journey(visitor: Visitor) -> list[tuple[int, str | None, list[str]]]:
    """Sign up, out and in; return the summary of each response."""
    email = f"person{next(_numbers)}@example.com"
    return [
        summary_of(visitor.get("/dashboard?a=b")),
        summary_of(visitor.sign_up(email)),
        summary_of(visitor.get("/sign-in")),
        summary_of(visitor.sign_out()),
        summary_of(visitor.sign_in(email, "a wrong password")),
        summary_of(visitor.sign_in(email)),
    ]


@pytest.mark.asvs("15.3.4")
@pytest.mark.parametrize("entrance", ["proxy", "alone", "behind"])
def test_session_has_the_ip_address_of_the_client(
    entrances: Entrances, ip_address: str, entrance: str
) -> None:
    """Not that of the proxy."""
    visitor = Visitor(entrances.listeners[entrance], source=ip_address)
    journey(visitor)
    assert entrances.session_ip_address(visitor) == ip_address


@pytest.mark.asvs("3.3.1")
def test_site_behind_the_proxy_uses_https(entrances: Entrances, ip_address: str) -> None:
    for _, location, cookies in journey(Visitor(entrances.listeners["proxy"], source=ip_address)):
        assert location is None or location.startswith(f"{SITE_URL}/")
        for cookie in cookies:
            assert cookie.startswith("__Host-")
            assert "secure" in cookie.split("; ")


@pytest.mark.asvs("4.1.3", "15.3.4")
@pytest.mark.parametrize("entrance", ["proxy", "alone", "behind"])
@pytest.mark.parametrize("headers", SPOOFED.values(), ids=SPOOFED)
def test_forwarding_headers_of_clients_are_ignored(
    entrances: Entrances, ip_address: str, entrance: str, headers: list[tuple[str, str]]
) -> None:
    """The IP address, the scheme, redirects and cookies stay the same."""
    honest = journey(Visitor(entrances.listeners[entrance], source=next(_ip_addresses)))
    visitor = Visitor(entrances.listeners[entrance], source=ip_address, headers=headers)
    assert journey(visitor) == honest
    assert entrances.session_ip_address(visitor) == ip_address


@pytest.mark.asvs("6.3.1", "4.1.3", "15.3.4")
@pytest.mark.parametrize("entrance", ["proxy", "alone"])
def test_throttle_ignores_forged_ip_addresses(
    entrances: Entrances, ip_address: str, entrance: str
) -> None:
    """Accounts and forged headers differ, so only the real IP address is counted."""
    visitors = [
        Visitor(entrances.listeners[entrance], source=ip_address, headers=headers)
        for headers in SPOOFED.values()
    ]
    turns = itertools.cycle(visitors)
    for _ in range(FAILURES):
        assert fail(next(turns)).status == 422
    for visitor in visitors:
        answer = fail(visitor)
        assert answer.status == 429
        assert int(answer.headers["Retry-After"]) > 0
    assert fail(Visitor(entrances.listeners[entrance], source=next(_ip_addresses))).status == 422


def fail(visitor: Visitor) -> Answer:
    """Sign in with an unknown email that was not used before."""
    return visitor.sign_in(f"unknown{next(_numbers)}@example.com", "a wrong password")
