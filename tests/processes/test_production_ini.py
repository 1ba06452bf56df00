"""The shipped production.ini with its required variables only."""

import re
import socket
from collections.abc import Callable, Iterator

import pytest

from tests.browsers import PASSWORD
from tests.processes.servers import HOST, SECRET, Server
from tests.processes.visitors import SESSION, Visitor

#: Seconds that a client waits for the end of the connection.
TIMEOUT = 15


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, migrate: Callable[[str], None]
) -> Iterator[Server]:
    """One server for all tests, on SQLite, with costly hashes and in a distant time zone."""
    folder = tmp_path_factory.mktemp("production")
    url = f"sqlite:///{folder}/authsite.sqlite"
    migrate(url)
    with Server(folder, url, settings={"TZ": "Pacific/Apia"}) as server:
        yield server


def test_production_ini_needs_only_its_environment(server: Server) -> None:
    """Users sign up and out, with a cookie for https."""
    visitor = Visitor(server)
    assert visitor.sign_up("ada@example.com").status == 303
    assert SESSION in visitor.cookies
    assert visitor.is_signed_in
    assert visitor.sign_out().status == 303
    assert not visitor.is_signed_in


@pytest.mark.asvs("16.2.2", "16.2.4", "16.2.5")
def test_log_has_request_ids_and_no_secret(server: Server) -> None:
    """Times in UTC, an id for each request, and no secret."""
    visitor = Visitor(server)
    page = visitor.get("/sign-in")
    visitor.cookies.clear()
    for _ in range(2):
        assert visitor.send(page, {"password": PASSWORD}).status == 403
    assert visitor.sign_up("grace@example.com").status == 303

    records = server.records()
    refusals = [each for each in records if each["message"].startswith("malicious_csrf")]
    ids = {refusal["request_id"] for refusal in refusals}
    assert len(ids) == len(refusals) == 2
    assert all(re.fullmatch("[0-9a-f]{12,}", each) for each in ids)
    assert all(re.fullmatch(r"\S{10}T\S{12}\+00:00", record["time"]) for record in records)
    for secret in (SECRET, PASSWORD, visitor.cookies[SESSION].partition(".")[2]):
        assert secret not in server.log.read_text()


@pytest.mark.asvs("13.4.6")
def test_server_does_not_name_its_software(server: Server) -> None:
    """Neither in pages nor in responses of waitress itself."""
    for path in ("/", "/no-such-page"):
        assert "Server" not in Visitor(server).get(path).headers
    refusal = exchange(server, "GET / HTTP/1.1\r\nHost : broken\r\n\r\n")
    assert refusal.split()[1] == "400"
    assert "waitress" not in refusal.lower()


@pytest.mark.asvs("5.2.1")
def test_large_body_is_refused_before_it_is_sent(server: Server) -> None:
    """70 KB are answered with 413 as soon as they are announced."""
    announced = f"POST /sign-in HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 70000\r\n\r\n"
    assert exchange(server, announced).split()[1] == "413"


def exchange(server: Server, sent: str) -> str:
    """Send bytes and return all bytes received until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=TIMEOUT) as connection:
        connection.sendall(sent.encode())
        return b"".join(iter(lambda: connection.recv(4096), b"")).decode()
