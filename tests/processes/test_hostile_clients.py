"""Slow, endless and absurd requests: who sends them harms nobody else."""

import os
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from tests.processes import hostility
from tests.processes.crowds import at_once, meanwhile
from tests.processes.servers import Server
from tests.processes.visitors import Visitor

EMAIL = "ada@example.com"
#: More than waitress takes by itself, less than production.ini lets it take.
HALF_OPEN = 150
#: Requests that are complete, and each as costly as can be: what they get is their share.
COSTLY = 20
#: More than the server has threads.
CROWD = 100
#: Seconds that others wait for a page.
PATIENCE = 1
#: Seconds that a hostile client waits for an answer, or to be hung up on.
HOSTILE_PATIENCE = 15
#: Bytes by which the process may grow, through all that is done to it here.
GROWTH = 50 * 1024 * 1024


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, migrate: Callable[[str], None]
) -> Iterator[Server]:
    """One server for all tests here, on SQLite; none of them may leave an error in its log."""
    folder = tmp_path_factory.mktemp("hostile")
    url = f"sqlite:///{folder}/authsite.sqlite"
    migrate(url)
    with Server(folder, url) as server:
        assert Visitor(server).sign_up(EMAIL).status == 303
        yield server


@pytest.fixture(scope="module")
def memory_before(server: Server) -> int:
    """What the process takes when all its threads have been at work, and none for a hostile one."""
    at_once([lambda: Visitor(server).sign_in(EMAIL)] * CROWD)
    return memory_of(server)


@pytest.fixture(autouse=True)
def _the_process_does_not_grow(server: Server, memory_before: int) -> Iterator[None]:
    yield
    assert memory_of(server) - memory_before < GROWTH


def memory_of(server: Server) -> int:
    """Return the bytes that the process holds in memory, as Linux counts them."""
    pages = int(Path(f"/proc/{server.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def serve_others(server: Server) -> None:
    """Somebody looks around and signs in, and waits no longer than people do."""
    visitor = Visitor(server, patience=PATIENCE)
    assert visitor.get("/").status == 200
    assert visitor.sign_in(EMAIL).status == 303
    assert visitor.is_signed_in


@contextmanager
def others_are_served(server: Server) -> Iterator[None]:
    """Others come all the time while the block runs, and once more after it."""
    with meanwhile([lambda: serve_others(server)]):
        yield
    serve_others(server)


@contextmanager
def connections_to(server: Server, number: int) -> Iterator[list[socket.socket]]:
    """Open so many connections from one machine, for as long as the block runs."""
    with ExitStack() as connections:
        yield [
            connections.enter_context(
                socket.create_connection(("127.0.0.1", server.port), timeout=HOSTILE_PATIENCE)
            )
            for _ in range(number)
        ]


def status_of(server: Server, sent: bytes) -> int | None:
    """Send it all and read until the server hangs up; return the status, None if it said nothing.

    What is refused before it was read to its end ends with a reset: of the connection, or of what
    is still being sent.
    """
    address = ("127.0.0.1", server.port)
    received = b""
    with socket.create_connection(address, timeout=HOSTILE_PATIENCE) as connection:
        with suppress(ConnectionError):
            connection.sendall(sent)
        with suppress(ConnectionError):
            while block := connection.recv(65536):
                received += block
    return int(received.split()[1]) if received else None


def cases(table: Iterable[tuple[object, ...]]) -> list[object]:
    """Give each case its name."""
    return [pytest.param(*case, id=name) for name, *case in table]


@pytest.mark.asvs("15.2.2")
@pytest.mark.parametrize("beginning", cases(hostility.NEVER_ENDING))
def test_requests_that_never_end_take_no_place_of_those_that_do(
    server: Server, beginning: bytes
) -> None:
    with connections_to(server, HALF_OPEN) as connections:
        for connection in connections:
            connection.sendall(beginning)
        for _ in range(3):
            serve_others(server)


@pytest.mark.asvs("15.2.2")
def test_requests_that_come_byte_by_byte_do_not_slow_the_others(server: Server) -> None:
    """Each of many connections sends one more byte of its long header, again and again."""
    with connections_to(server, HALF_OPEN) as connections, others_are_served(server):
        for byte in hostility.DRIPPING:
            for connection in connections:
                connection.sendall(bytes([byte]))


@pytest.mark.asvs("15.2.2")
def test_unread_responses_do_not_fill_the_memory(server: Server) -> None:
    """Each of many connections asks for a hundred pages at once and reads none of them."""
    with connections_to(server, COSTLY) as connections, others_are_served(server):
        for connection in connections:
            connection.sendall(hostility.A_HUNDRED_PAGES)


@pytest.mark.asvs("15.2.2", "5.2.1")
@pytest.mark.parametrize(("sent", "expected"), cases(hostility.TOO_LARGE))
def test_what_is_too_large_is_refused_before_it_is_read(
    server: Server, sent: bytes, expected: int
) -> None:
    """It is cut off with the status that says why, or, when the answer is lost, without one."""
    with others_are_served(server):
        assert status_of(server, sent) in {expected, None}


@pytest.mark.asvs("15.2.2", "16.5.3")
@pytest.mark.parametrize(("sent", "expected"), cases(hostility.ABSURD))
def test_what_is_absurd_is_answered_at_once(server: Server, sent: bytes, expected: int) -> None:
    """It fits into the limits, and costs no more than its share."""
    with others_are_served(server):
        assert status_of(server, sent) == expected


@pytest.mark.asvs("15.2.2")
def test_many_absurd_requests_at_once_do_not_stop_the_others(server: Server) -> None:
    with connections_to(server, COSTLY) as connections, others_are_served(server):
        for connection, (_, sent, _) in zip(connections, hostility.ABSURD, strict=False):
            connection.sendall(sent)
        for connection, (_, _, expected) in zip(connections, hostility.ABSURD, strict=False):
            assert connection.recv(1024).split()[1] == str(expected).encode()


@pytest.mark.asvs("15.2.2")
def test_a_length_that_is_no_number_of_bytes_is_hung_up_on(
    tmp_path: Path, migrate: Callable[[str], None]
) -> None:
    """Python refuses to read a number of so many digits; waitress logs that and closes."""
    url = f"sqlite:///{tmp_path}/authsite.sqlite"
    migrate(url)
    with Server(tmp_path, url, may_log=("uncaptured python exception",)) as server:
        for _ in range(3):
            assert status_of(server, hostility.LENGTH_OF_MANY_DIGITS) is None
        assert Visitor(server, patience=PATIENCE).get("/").status == 200
