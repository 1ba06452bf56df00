"""Requests with an ambiguous end are refused, with everything that follows them."""

import re
import socket
from collections.abc import Callable, Iterator

import pytest

from tests.processes.listeners import Listener
from tests.processes.nginx import Nginx
from tests.processes.servers import HOST, Server, trusting_a_proxy

#: A second request, if the server believes the wrong end of the first.
SMUGGLED = f"GET /smuggled HTTP/1.1\r\nHost: {HOST}\r\n\r\n"
LENGTH = str(len(SMUGGLED))
TIMEOUT = 15
CHUNKED = "Transfer-Encoding: chunked\r\n"
AMBIGUOUS = {
    "two lengths": f"Content-Length: 0\r\nContent-Length: {LENGTH}\r\n\r\n",
    "two lengths in one": f"Content-Length: 0, {LENGTH}\r\n\r\n",
    "length with a sign": f"Content-Length: +{LENGTH}\r\n\r\n",
    "length with an underscore": f"Content-Length: {LENGTH[0]}_{LENGTH[1:]}\r\n\r\n",
    "unknown coding": "Transfer-Encoding: xchunked\r\nContent-Length: 0\r\n\r\n",
    "no coding": "Transfer-Encoding: identity\r\nContent-Length: 0\r\n\r\n",
    "two codings": "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "coding behind a tab": "Transfer-Encoding: \x0bchunked\r\nContent-Length: 0\r\n\r\n",
    "space before the colon": "Transfer-Encoding : chunked\r\nContent-Length: 0\r\n\r\n",
    "folded line": "Transfer-Encoding:\r\n chunked\r\nContent-Length: 0\r\n\r\n",
    "bare line feed": f"X: y\n{CHUNKED}Content-Length: 0\r\n\r\n",
    "size of a chunk with a prefix": f"{CHUNKED}\r\n0x5\r\nhello\r\n0\r\n\r\n",
    "size below nothing": f"{CHUNKED}\r\n-1\r\n\r\n0\r\n\r\n",
    "line feed behind an extension": f"{CHUNKED}\r\n5;x\nhello\r\n0\r\n\r\n",
    "chunk longer than its size": f"{CHUNKED}\r\n5\r\nhelloXX0\r\n\r\n",
}


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, migrate: Callable[[str], None]
) -> Iterator[Server]:
    """One server for all tests, on SQLite."""
    folder = tmp_path_factory.mktemp("framing")
    url = f"sqlite:///{folder}/authsite.sqlite"
    migrate(url)
    with Server(folder, url) as server:
        yield server


@pytest.fixture(scope="module")
def proxy(
    tmp_path_factory: pytest.TempPathFactory, migrate: Callable[[str], None]
) -> Iterator[Nginx]:
    """The documented proxy in front of a server that trusts it."""
    folder = tmp_path_factory.mktemp("proxy")
    url = f"sqlite:///{folder}/authsite.sqlite"
    migrate(url)
    with (
        Server(folder, url, edit=trusting_a_proxy) as server,
        Nginx(folder, server) as nginx,
    ):
        yield nginx


def answers_to(server: Listener, sent: str) -> list[str]:
    """Send bytes and return the status of each response, until the server closes the connection."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=TIMEOUT)
    with server.secure(connection) as connection:
        connection.sendall(sent.encode("latin-1"))
        received = b"".join(iter(lambda: connection.recv(65536), b"")).decode("latin-1")
    return re.findall(r"HTTP/1\.[01] (\d+)", received)


@pytest.mark.asvs("4.2.1")
@pytest.mark.parametrize("rest", AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
def test_ambiguous_request_end_is_refused(server: Server, rest: str) -> None:
    beginning = f"POST /sign-in HTTP/1.1\r\nHost: {HOST}\r\n"
    [status] = answers_to(server, f"{beginning}{rest}{SMUGGLED}")
    assert status in {"400", "501"}


@pytest.mark.asvs("4.2.1")
def test_body_is_never_read_as_a_request(server: Server) -> None:
    page = f"GET / HTTP/1.1\r\nHost: {HOST}\r\n"
    body = f"Content-Length: {LENGTH}\r\n\r\n{SMUGGLED}"
    last = f"{page}Connection: close\r\n\r\n"
    assert answers_to(server, f"{page}{body}{last}") == ["200", "200"]
    assert answers_to(server, f"{page}\r\n{SMUGGLED}{last}") == ["200", "404", "200"]


#: Content-Length and chunked coding together, with lengths that an attacker could use.
LENGTH_AND_CHUNKED = {
    "length first": f"Content-Length: {LENGTH}\r\n{CHUNKED}\r\n0\r\n\r\n",
    "coding first": f"{CHUNKED}Content-Length: {LENGTH}\r\n\r\n0\r\n\r\n",
    "length of nothing": f"{CHUNKED}Content-Length: 0\r\n\r\n0\r\n\r\n",
    "length of the last chunk": f"{CHUNKED}Content-Length: 5\r\n\r\n0\r\n\r\n",
}
#: nginx accepts this case, and passes it on with a Content-Length.
ACCEPTED_BY_NGINX = "line feed behind an extension"


@pytest.mark.asvs("4.2.1")
@pytest.mark.parametrize("rest", LENGTH_AND_CHUNKED.values(), ids=LENGTH_AND_CHUNKED)
def test_chunked_coding_overrides_content_length(server: Server, rest: str) -> None:
    """See RFC 9112 6.3. The server should close the connection as well, but does not."""
    beginning = f"POST /sign-in HTTP/1.1\r\nHost: {HOST}\r\n"
    last = f"GET / HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n"
    assert answers_to(server, f"{beginning}{rest}{SMUGGLED}{last}") == ["403", "404", "200"]


@pytest.mark.asvs("4.2.1")
@pytest.mark.parametrize(
    "rest",
    [rest for name, rest in (LENGTH_AND_CHUNKED | AMBIGUOUS).items() if name != ACCEPTED_BY_NGINX],
    ids=[name for name in LENGTH_AND_CHUNKED | AMBIGUOUS if name != ACCEPTED_BY_NGINX],
)
def test_proxy_refuses_ambiguous_requests(proxy: Nginx, rest: str) -> None:
    beginning = f"POST /sign-in HTTP/1.1\r\nHost: {HOST}\r\n"
    [status] = answers_to(proxy, f"{beginning}{rest}{SMUGGLED}")
    assert status in {"400", "501"}


@pytest.mark.asvs("4.2.1")
def test_site_agrees_with_what_the_proxy_passes_on(proxy: Nginx) -> None:
    beginning = f"POST /sign-in HTTP/1.1\r\nHost: {HOST}\r\n"
    last = f"GET / HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n"
    sent = f"{beginning}{AMBIGUOUS[ACCEPTED_BY_NGINX]}{SMUGGLED}{last}"
    assert answers_to(proxy, sent) == ["403", "404", "200"]
