"""A server on a port of this machine, and connections to it."""

import contextlib
import http.client
import os
import secrets
import socket

#: The IP address of clients without another one.
LOOPBACK = "127.0.0.1"
#: Below the ports of outgoing connections: a client of a port without a server could otherwise get
#: that port for itself, and connect to itself.
_FIRST, _AFTER = 20_000, 32_000
#: Each test process has its own ports.
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
_PORTS = range(_FIRST + _WORKER, _AFTER, _WORKERS)


class Listener:
    """A port that was free at the start, and the connections to it."""

    def __init__(self) -> None:
        self.port = _free_port()
        self._connections: list[http.client.HTTPConnection] = []

    def connection(self, *, timeout: float, source: str = LOOPBACK) -> http.client.HTTPConnection:
        """Return a connection with this timeout in seconds; `hang_up` closes it.

        `source` is the IP address of the client: on Linux this machine has all of 127.0.0.0/8.
        """
        connection = http.client.HTTPConnection(
            LOOPBACK, self.port, timeout=timeout, source_address=(source, 0)
        )
        self._connections.append(connection)
        return connection

    def secure(self, connection: socket.socket) -> socket.socket:
        """Return the connection unchanged, without TLS."""
        return connection

    def hang_up(self) -> None:
        """Close all connections."""
        for connection in self._connections:
            connection.close()


def _free_port() -> int:
    while True:
        port = secrets.choice(_PORTS)
        with socket.socket() as candidate, contextlib.suppress(OSError):
            candidate.bind((LOOPBACK, port))
            return port
