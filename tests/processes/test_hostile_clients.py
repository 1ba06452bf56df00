"""Slow, endless and costly requests do not harm other clients."""

import os
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from tests.processes import hostile_requests
from tests.processes.concurrency import at_once, meanwhile
from tests.processes.servers import Server
from tests.processes.visitors import Visitor

EMAIL = "ada@example.com"
#: More than the default of waitress, less than the limit of production.ini.
HALF_OPEN = 150
#: Simultaneous complete requests, each as costly as possible.
COSTLY = 20
#: More than the threads of the server.
SIMULTANEOUS = 100
#: Seconds that other clients wait for a page.
TIMEOUT = 1
#: Seconds that a hostile client waits for a response or the end of the connection.
HOSTILE_TIMEOUT = 15
#: Bytes by which the process may grow during all tests.
GROWTH = 50 * 1024 * 1024


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, migrate: Callable[[str], None]
) -> Iterator[Server]:
    """One server for all tests, on SQLite; its log must contain no error."""
    folder = tmp_path_factory.mktemp("hostile")
    url = f"sqlite:///{folder}/authsite.sqlite"
    migrate(url)
    with Server(folder, url) as server:
        assert Visitor(server).sign_up(EMAIL).status == 303
        yield server


@pytest.fixture(scope="module")
def memory_before(server: Server) -> int:
    """The memory of the process after all its threads have worked, before hostile requests."""
    at_once([lambda: Visitor(server).sign_in(EMAIL)] * SIMULTANEOUS)
    return memory_of(server)


@pytest.fixture(autouse=True)
def _the_process_does_not_grow(server: Server, memory_before: int) -> Iterator[None]:
    yield
    assert memory_of(server) - memory_before < GROWTH


def memory_of(server: Server) -> int:
    """Return the resident memory of the process in bytes."""
    pages = int(Path(f"/proc/{server.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def serve_others(server: Server) -> None:
    """Load a page and sign in as another client, within its timeout."""
    visitor = Visitor(server, timeout=TIMEOUT)
    assert visitor.get("/").status == 200
    assert visitor.sign_in(EMAIL).status == 303
    assert visitor.is_signed_in


@contextmanager
def others_are_served(server: Server) -> Iterator[None]:
    """Serve another client all the time while the block runs, and again after it."""
    with meanwhile([lambda: serve_others(server)]):
        yield
    serve_others(server)


@contextmanager
def connections_to(server: Server, number: int) -> Iterator[list[socket.socket]]:
    """Open this number of connections while the block runs."""
    with ExitStack() as connections:
        yield [
            connections.enter_context(
                socket.create_connection(("127.0.0.1", server.port), timeout=HOSTILE_TIMEOUT)
            )
            for _ in range(number)
        ]


def status_of(server: Server, sent: bytes) -> int | None:
    """Send everything and read to the end; return the status, or None without a response.

    A request that is refused before it was read completely ends with a reset of the connection.
    """
    target = ("127.0.0.1", server.port)
    received = b""
    with socket.create_connection(target, timeout=HOSTILE_TIMEOUT) as connection:
        with suppress(ConnectionError):
            connection.sendall(sent)
        with suppress(ConnectionError):
            while block := connection.recv(65536):
                received += block
    return int(received.split()[1]) if received else None


def cases(table: Iterable[tuple[object, ...]]) -> list[object]:
    """Return the cases as parameters with their names as ids."""
    return [pytest.param(*case, id=name) for name, *case in table]


@pytest.mark.asvs("15.2.2")
@pytest.mark.parametrize("beginning", cases(hostile_requests.UNFINISHED))
def test_unfinished_requests_do_not_block_others(server: Server, beginning: bytes) -> None:
    with connections_to(server, HALF_OPEN) as connections:
        for connection in connections:
            connection.sendall(beginning)
        for _ in range(3):
            serve_others(server)


@pytest.mark.asvs("15.2.2")
def test_slow_requests_do_not_slow_others(server: Server) -> None:
    """Each of many connections sends its long header byte by byte."""
    with connections_to(server, HALF_OPEN) as connections, others_are_served(server):
        for byte in hostile_requests.DRIPPING:
            for connection in connections:
                connection.sendall(bytes([byte]))


@pytest.mark.asvs("15.2.2")
def test_unread_responses_do_not_fill_the_memory(server: Server) -> None:
    """Each of many connections requests a hundred pages at once and reads none of them."""
    with connections_to(server, COSTLY) as connections, others_are_served(server):
        for connection in connections:
            connection.sendall(hostile_requests.A_HUNDRED_PAGES)


@pytest.mark.asvs("15.2.2", "5.2.1")
@pytest.mark.parametrize(("sent", "expected"), cases(hostile_requests.TOO_LARGE))
def test_oversized_requests_are_refused_unread(server: Server, sent: bytes, expected: int) -> None:
    """The connection ends with the expected status, or without one if the response is lost."""
    with others_are_served(server):
        assert status_of(server, sent) in {expected, None}


@pytest.mark.asvs("15.2.2", "16.5.3")
@pytest.mark.parametrize(("sent", "expected"), cases(hostile_requests.COSTLY_REQUESTS))
def test_costly_requests_are_answered_quickly(server: Server, sent: bytes, expected: int) -> None:
    """They are within the limits, and other clients are served meanwhile."""
    with others_are_served(server):
        assert status_of(server, sent) == expected


@pytest.mark.asvs("15.2.2")
def test_simultaneous_costly_requests_do_not_block_others(server: Server) -> None:
    with connections_to(server, COSTLY) as connections, others_are_served(server):
        for connection, (_, sent, _) in zip(
            connections, hostile_requests.COSTLY_REQUESTS, strict=False
        ):
            connection.sendall(sent)
        for connection, (_, _, expected) in zip(
            connections, hostile_requests.COSTLY_REQUESTS, strict=False
        ):
            assert connection.recv(1024).split()[1] == str(expected).encode()


@pytest.mark.asvs("15.2.2")
def test_content_length_of_many_digits_closes_the_connection(
    tmp_path: Path, migrate: Callable[[str], None]
) -> None:
    """Python refuses to parse the number; waitress logs that and closes the connection."""
    url = f"sqlite:///{tmp_path}/authsite.sqlite"
    migrate(url)
    with Server(tmp_path, url, may_log=("uncaptured python exception",)) as server:
        for _ in range(3):
            assert status_of(server, hostile_requests.LENGTH_OF_MANY_DIGITS) is None
        assert Visitor(server, timeout=TIMEOUT).get("/").status == 200
