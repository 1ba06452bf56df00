"""A host name that leads to ports of this machine, as name servers and port forwarding would."""

import socket
from collections.abc import Mapping

import pytest


def lead(
    monkeypatch: pytest.MonkeyPatch,
    host: str,
    ports: Mapping[int, int],
    *,
    ip: str = "192.0.2.7",
    source: str = "127.0.0.1",
) -> None:
    """Let the host have this IP address, and its ports be these of this machine.

    Connections come from the IP address `source`, of which this machine has all in 127.0.0.0/8.
    """
    connect, look_up = socket.create_connection, socket.getaddrinfo

    def connect_here(at: tuple[str, int], timeout: float, _source: object) -> socket.socket:
        return connect(("127.0.0.1", ports[at[1]]), timeout, (source, 0))

    monkeypatch.setattr(socket, "create_connection", connect_here)
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda name, *more, **options: look_up(ip if name == host else name, *more, **options),
    )
