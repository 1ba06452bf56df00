"""What answers on a port of this machine, and connections to it."""

import contextlib
import http.client
import os
import secrets
import socket

#: The address from which clients come that do not say from which.
LOOPBACK = "127.0.0.1"
#: Below those that systems give to connections that go out: who asks a port at which nobody listens
#: yet may otherwise be given that very port, and meet themselves.
_FIRST, _AFTER = 20_000, 32_000
#: Tests may run in several processes. None of them uses a port of another.
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
_PORTS = range(_FIRST + _WORKER, _AFTER, _WORKERS)


class Listener:
    """A port of its own, free when it was looked for, and the connections that were made to it."""

    def __init__(self) -> None:
        self.port = _free_port()
        self._connections: list[http.client.HTTPConnection] = []

    def connection(self, *, patience: float, source: str = LOOPBACK) -> http.client.HTTPConnection:
        """Return a connection that waits `patience` seconds for an answer; closed at the end.

        `source` is the client's address: on Linux any 127.x.y.z is one of this machine.
        """
        connection = http.client.HTTPConnection(
            LOOPBACK, self.port, timeout=patience, source_address=(source, 0)
        )
        self._connections.append(connection)
        return connection

    def secure(self, connection: socket.socket) -> socket.socket:
        """Return the connection as it is: here there is no TLS."""
        return connection

    def hang_up(self) -> None:
        """Close all connections."""
        for connection in self._connections:
            connection.close()


def _free_port() -> int:
    while True:
        port = secrets.choice(_PORTS)
        with socket.socket() as asked, contextlib.suppress(OSError):
            asked.bind((LOOPBACK, port))
            return port
