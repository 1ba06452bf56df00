"""The server of production.ini ends at a signal, after it has answered."""

import http.client
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from authsite.application import server as server_module
from authsite.application.server import Server
from tests.processes.listeners import LOOPBACK, Listener
from tests.processes.servers import DEADLINE, until

#: Seconds; no test waits for it.
NEVER = "10000"
#: More than the sockets of a connection hold.
LARGE = bytes(2**25)


class Application:
    """A WSGI application whose page `/slow` waits until it is released."""

    def __init__(self) -> None:
        self.is_waiting = threading.Event()
        self.released = threading.Event()

    def __call__(self, environ, start_response):
        if environ["PATH_INFO"] == "/slow":
            self.is_waiting.set()
            self.released.wait(DEADLINE)
        body = LARGE if environ["PATH_INFO"] == "/large" else b"OK"
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]


@pytest.fixture
def application() -> Application:
    return Application()


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.hang_up()


@pytest.fixture
def build() -> Iterator[Callable[..., Server]]:
    """Build servers; undo what they change in this process."""
    numbers = (signal.SIGTERM, signal.SIGINT)
    before, built = [signal.getsignal(number) for number in numbers], []

    def build_server(listener: Listener, stop_timeout: str = NEVER, **more: str) -> Server:
        options = {"listen": f"{LOOPBACK}:{listener.port}", "threads": "2"} | more
        built.append(Server({}, stop_timeout=stop_timeout, **options))
        return built[-1]

    yield build_server
    for each in built:
        each.watchdog.cancel()
        if each.watchdog.is_alive():
            each.watchdog.join()
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


def connect(listener: Listener) -> http.client.HTTPConnection:
    """Return a connection that was accepted, with one answer on it."""
    connection = listener.connection(timeout=DEADLINE)
    until(lambda: answers(connection), "the first answer")
    return connection


def answers(connection: http.client.HTTPConnection) -> bool:
    try:
        assert get(connection).getheader("Connection") is None
    except OSError:
        connection.close()
        return False
    return True


def get(connection: http.client.HTTPConnection, path: str = "/") -> http.client.HTTPResponse:
    connection.request("GET", path)
    response = connection.getresponse()
    response.read()
    return response


def stop(number: int = signal.SIGTERM) -> None:
    os.kill(os.getpid(), number)


def refuses(listener: Listener) -> bool:
    connection = listener.connection(timeout=DEADLINE)
    try:
        connection.connect()
    except ConnectionRefusedError:
        return True
    connection.close()
    return False


def run(
    server: Callable[[Application], None],
    application: Application,
    listener: Listener,
    client: Callable[[], None],
) -> None:
    """Run the server on this thread, as signals need it, and a client on another."""

    def use_server() -> None:
        try:
            client()
        finally:
            application.released.set()
            listener.hang_up()
            stop()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(use_server)
        server(application)
    running.result()


def test_ending_server_answers_and_closes_its_connections(
    build, listener, application, monkeypatch
):
    monkeypatch.setattr(server_module, "QUIET", float(NEVER))

    def client():
        kept, slow = connect(listener), connect(listener)
        slow.request("GET", "/slow")
        assert application.is_waiting.wait(DEADLINE)
        stop()
        until(lambda: refuses(listener), "a refused connection")
        assert get(kept).getheader("Connection") == "close"
        application.released.set()
        assert slow.getresponse().getheader("Connection") == "close"

    run(build(listener), application, listener, client)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_ending_server_closes_quiet_connections(build, listener, application, monkeypatch, number):
    monkeypatch.setattr(server_module, "QUIET", 0.0)

    def client():
        quiet = connect(listener)
        stop(number)
        assert quiet.sock.recv(1) == b""

    run(build(listener), application, listener, client)


def test_ending_server_leaves_clients_that_read_nothing(build, listener, application):
    server, ended = build(listener, channel_timeout="1"), threading.Event()

    def serve(application):
        server(application)
        ended.set()

    def client():
        deaf = connect(listener)
        deaf.request("GET", "/large")
        assert deaf.sock.recv(1) == b"H"
        stop()
        assert ended.wait(DEADLINE)

    run(serve, application, listener, client)


def test_ending_server_leaves_clients_that_trickle(build, listener, application):
    def client():
        slow = connect(listener)
        slow.sock.sendall(b"GET / HTTP/1.1\r\n")
        stop()
        until(lambda: refuses_data(slow), "the end of the connection")

    run(build(listener, channel_timeout="1"), application, listener, client)


def refuses_data(connection: http.client.HTTPConnection) -> bool:
    try:
        connection.sock.sendall(b"X: x\r\n")
    except OSError:
        return True
    return False


def test_server_is_cut_off_after_its_timeout(build, listener, application, monkeypatch, caplog):
    statuses = []
    monkeypatch.setattr(
        os, "_exit", lambda status: (statuses.append(status), application.released.set())
    )

    def client():
        slow = connect(listener)
        slow.request("GET", "/slow")
        assert application.is_waiting.wait(DEADLINE)
        stop()

    run(build(listener, stop_timeout="0"), application, listener, client)
    assert statuses == [1]
    assert "sys_stop_timeout" in caplog.text


def test_signal_before_the_start_ends_the_server(build, listener, application):
    server = build(listener)
    stop()
    server(application)


def test_signal_after_the_end_is_ignored(build, listener, application):
    run(build(listener), application, listener, stop)
    stop()


def test_server_ignores_sigint_if_its_process_does(build, listener):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    build(listener)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
