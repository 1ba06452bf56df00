"""A TCP proxy before PostgreSQL, with or without TLS, as if it were on another machine.

With `pooled` it tells clients another process id than the server's, as a pooler does.
"""

import contextlib
import functools
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa

Change = Callable[[bytes], bytes]

#: How a client requests TLS, before anything else.
_SSL_REQUEST = (8).to_bytes(4, "big") + (80877103).to_bytes(4, "big")
_SECONDS = 20
#: The message BackendKeyData, with the process id.
_PROCESS_ID = re.compile(rb"(?<=K\x00\x00\x00\x0c).{4}", re.DOTALL)
_hide_process_id = functools.partial(_PROCESS_ID.sub, b"\x7f\x00\x00\x01")


@contextmanager
def a_tcp_proxy_to(
    url: str, *, tls: ssl.SSLContext | None = None, pooled: bool = False
) -> Iterator[int]:
    """Listen on a port, and pass connections on to the server of this URL."""
    path = f"{sa.make_url(url).query['host']}/.s.PGSQL.5432"
    with socket.create_server(("127.0.0.1", 0)) as listening:
        change = _hide_process_id if pooled else bytes
        threading.Thread(target=_accept, args=(listening, path, tls, change), daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


def _accept(
    listening: socket.socket, path: str, tls: ssl.SSLContext | None, change: Change
) -> None:
    with contextlib.suppress(OSError):  # when the proxy is closed
        while True:
            client, _ = listening.accept()
            serving = (client, path, tls, change)
            threading.Thread(target=_serve, args=serving, daemon=True).start()


def _serve(client: socket.socket, path: str, tls: ssl.SSLContext | None, change: Change) -> None:
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
        back = threading.Thread(target=_copy, args=(server, client, change), daemon=True)
        back.start()
        _copy(client, server, bytes)
        back.join()


def _copy(source: socket.socket, target: socket.socket, change: Change) -> None:
    with contextlib.suppress(OSError):
        while content := source.recv(65536):
            target.sendall(change(content))
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
