"""A TCP proxy before PostgreSQL, with or without TLS, as if it were on another machine."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

#: How a client requests TLS, before anything else.
_SSL_REQUEST = (8).to_bytes(4, "big") + (80877103).to_bytes(4, "big")
_SECONDS = 20


@contextmanager
def a_tcp_proxy_to(url: str, *, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Listen on a port, and pass connections on to the server of this URL."""
    path = f"{sa.make_url(url).query['host']}/.s.PGSQL.5432"
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_accept, args=(listening, path, tls), daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


def _accept(listening: socket.socket, path: str, tls: ssl.SSLContext | None) -> None:
    with contextlib.suppress(OSError):  # when the proxy is closed
        while True:
            client, _ = listening.accept()
            threading.Thread(target=_serve, args=(client, path, tls), daemon=True).start()


def _serve(client: socket.socket, path: str, tls: ssl.SSLContext | None) -> None:
    client.settimeout(_SECONDS)
    with contextlib.suppress(OSError), contextlib.ExitStack() as ends:
        ends.callback(client.close)
        server = ends.enter_context(socket.socket(socket.AF_UNIX))
        server.settimeout(_SECONDS)
        server.connect(path)
        first = client.recv(len(_SSL_REQUEST))
        if first == _SSL_REQUEST:
            client.sendall(b"S" if tls else b"N")
            client = tls.wrap_socket(client, server_side=True) if tls else client
            ends.callback(client.close)
        else:
            server.sendall(first)
        back = threading.Thread(target=_copy, args=(server, client), daemon=True)
        back.start()
        _copy(client, server)
        back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while content := source.recv(65536):
            target.sendall(content)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
