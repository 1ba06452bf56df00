"""Where people come from, seen through the documented proxy: nobody can say it for themselves."""

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

LIE = "203.0.113.66"
SPOOFED = {
    "X-Forwarded-For": [("X-Forwarded-For", LIE)],
    "X-Forwarded-For twice": [("X-Forwarded-For", LIE), ("X-Forwarded-For", "127.0.0.1")],
    "X-Forwarded-For as a list": [("X-Forwarded-For", f"{LIE}, 127.0.0.1, {LIE}")],
    "X-Forwarded-For of nonsense": [("X-Forwarded-For", '"unknown, [::1')],
    "X-Forwarded-For with underscores": [("X_Forwarded_For", LIE), ("X-Forwarded_For", LIE)],
    "Forwarded": [("Forwarded", f"for={LIE};proto=http;host=evil.test;by={LIE}")],
    "Forwarded as a list": [("Forwarded", f"for={LIE}, for=127.0.0.1"), ("Forwarded", "for=x")],
    "Forwarded of nonsense": [("Forwarded", "for; =;")],
    "X-Real-IP": [("X-Real-IP", LIE)],
    "True-Client-IP": [("True-Client-IP", LIE)],
    "X-Client-IP": [("X-Client-IP", LIE)],
    "CF-Connecting-IP": [("CF-Connecting-IP", LIE)],
    "Client-IP": [("Client-IP", LIE), ("X-Cluster-Client-IP", LIE), ("X-Originating-IP", LIE)],
    "X-Forwarded-Host": [("X-Forwarded-Host", "evil.test"), ("X-Forwarded-Server", "evil.test")],
    "X-Forwarded-Proto": [("X-Forwarded-Proto", "http"), ("X-Forwarded-Ssl", "off")],
    "X-Forwarded-Proto of nonsense": [("X-Forwarded-Proto", "gopher, https")],
    "X-Forwarded-Port": [("X-Forwarded-Port", "1"), ("X-Url-Scheme", "http")],
    "X-Forwarded-Prefix": [("X-Forwarded-Prefix", "/evil"), ("X-Script-Name", "/evil")],
    "X-Forwarded-By": [("X-Forwarded-By", LIE), ("Via", f"1.1 {LIE}")],
}

#: What 30 failures in 5 minutes are answered with is `authsite.throttle.sign_in_network`.
FAILURES = 30

_numbers = itertools.count(1)
_addresses = (f"127.0.{third}.{fourth}" for third in range(1, 200) for fourth in range(2, 200))


@dataclass(frozen=True)
class Ways:
    """The ways to one site: through the proxy, past it, and to a server that trusts none."""

    engine: sa.Engine
    doors: dict[str, Listener]

    def address_of_session(self, visitor: Visitor) -> str | None:
        """Return what the table of sessions holds for this visitor's."""
        with self.engine.connect() as connection:
            address: str | None = connection.execute(
                sa.select(UserSession.ip_address).where(
                    UserSession.id == visitor.cookies[SESSION].partition(".")[0]
                )
            ).scalar_one()
        return address


@pytest.fixture(scope="module")
def ways(
    tmp_path_factory: pytest.TempPathFactory, migrate: Callable[[str], None]
) -> Iterator[Ways]:
    """One database, a server behind nginx, and one that stands alone, as production.ini does."""
    folder = tmp_path_factory.mktemp("network")
    url = f"sqlite:///{folder}/authsite.sqlite"
    migrate(url)
    engine = sa.create_engine(url)
    with (
        Server(folder, url, settings=CHEAP_HASHES, edit=trusting_a_proxy) as behind,
        Nginx(folder, behind) as nginx,
        Server(folder, url, settings=CHEAP_HASHES) as alone,
    ):
        yield Ways(engine, {"through": nginx, "past": behind, "alone": alone})
    engine.dispose()


@pytest.fixture
def address() -> str:
    """An address of this machine from which nobody has come before."""
    return next(_addresses)


def summary_of(answer: Answer) -> tuple[int, str | None, list[str]]:
    """Return what an answer says of the site: where it leads, and which cookies are set how."""
    cookies = [
        re.sub("=[^;]*", "", re.sub("expires=[^;]*; ", "", cookie), count=1)
        for cookie in answer.headers.get_all("Set-Cookie", [])
    ]
    return answer.status, answer.headers["Location"], cookies


def journey(visitor: Visitor) -> list[tuple[int, str | None, list[str]]]:
    """Sign up, out and in; return what each step says of the site."""
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
@pytest.mark.parametrize("way", ["through", "alone", "past"])
def test_the_address_is_that_of_the_client(ways: Ways, address: str, way: str) -> None:
    """Not that of the proxy."""
    visitor = Visitor(ways.doors[way], source=address)
    journey(visitor)
    assert ways.address_of_session(visitor) == address


@pytest.mark.asvs("3.3.1")
def test_behind_the_proxy_the_site_is_on_https(ways: Ways, address: str) -> None:
    for _, location, cookies in journey(Visitor(ways.doors["through"], source=address)):
        assert location is None or location.startswith(f"{SITE_URL}/")
        for cookie in cookies:
            assert cookie.startswith("__Host-")
            assert "secure" in cookie.split("; ")


@pytest.mark.asvs("4.1.3", "15.3.4")
@pytest.mark.parametrize("way", ["through", "alone", "past"])
@pytest.mark.parametrize("headers", SPOOFED.values(), ids=SPOOFED)
def test_what_a_client_says_of_itself_changes_nothing(
    ways: Ways, address: str, way: str, headers: list[tuple[str, str]]
) -> None:
    """Neither the address, nor the scheme, nor where one is sent, nor a cookie."""
    honest = journey(Visitor(ways.doors[way], source=next(_addresses)))
    liar = Visitor(ways.doors[way], source=address, headers=headers)
    assert journey(liar) == honest
    assert ways.address_of_session(liar) == address


@pytest.mark.asvs("6.3.1", "4.1.3", "15.3.4")
@pytest.mark.parametrize("way", ["through", "alone"])
def test_throttle_ignores_forged_ip_addresses(ways: Ways, address: str, way: str) -> None:
    """Each fails at another account and with another lie, so that it is the address that counts."""
    liars = [Visitor(ways.doors[way], source=address, headers=lie) for lie in SPOOFED.values()]
    turns = itertools.cycle(liars)
    for _ in range(FAILURES):
        assert fail(next(turns)).status == 422
    for liar in liars:
        answer = fail(liar)
        assert answer.status == 429
        assert int(answer.headers["Retry-After"]) > 0
    assert fail(Visitor(ways.doors[way], source=next(_addresses))).status == 422


def fail(visitor: Visitor) -> Answer:
    """Sign in to an account that nobody has tried before, and that nobody has."""
    return visitor.sign_in(f"nobody{next(_numbers)}@example.com", "a wrong password")
