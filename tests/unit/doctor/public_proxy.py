"""A proxy of a site, for checks from outside: it answers each path as a test says."""

import contextlib
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from authsite.http.headers import ALWAYS, CONTENT_SECURITY_POLICY, HSTS

SITE = "https://accounts.example.com"
#: The headers of a page of the site.
HEADERS = (
    *ALWAYS,
    HSTS,
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
    ("Cache-Control", "no-store"),
    ("Server", "nginx"),
)
Answer = tuple[int, tuple[tuple[str, str], ...]] | None


class PublicProxy:
    """Answers without a fault on two ports, with TLS and without.

    `answers` are status and headers by path, or None to close the connection; `plain` is that of
    every path on http, and `other_host` that of every path with another Host.
    """

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {
            "/": (200, HEADERS),
            "/sign-in": (200, HEADERS),
            "/account": (303, (*HEADERS, ("Location", f"{SITE}/sign-in?next=/account"))),
            "/healthz": (403, ()),
            "/readyz": None,
        }
        self.plain: Answer = (301, (("Location", f"{SITE}/sign-in"),))
        self.other_host: Answer = (421, ())
        #: The ports of both, by those that visitors use.
        self.ports: dict[int, int] = {}

    def answer(self, path: str, *, host: str, port: int) -> Answer:
        """Return the answer to a request."""
        if port == self.ports.get(80):
            return self.plain
        return self.answers[path] if SITE.endswith(f"/{host}") else self.other_host


@contextlib.contextmanager
def a_public_proxy(tls: ssl.SSLContext) -> Iterator[PublicProxy]:
    """Run the two servers."""
    proxy = PublicProxy()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            port = self.server.server_address[1]
            answer = proxy.answer(self.path, host=self.headers["Host"], port=port)
            if answer is None:
                return
            self.send_response_only(answer[0])
            for header in answer[1]:
                self.send_header(*header)
            self.end_headers()

        def log_message(self, *_message: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_error: object) -> None:
            """Log no refused handshake."""

    with Server(("127.0.0.1", 0), Handler) as plain, Server(("127.0.0.1", 0), Handler) as secure:
        secure.socket = tls.wrap_socket(secure.socket, server_side=True)
        proxy.ports = {80: plain.server_port, 443: secure.server_port}
        for server in (plain, secure):
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield proxy
        for server in (plain, secure):
            server.shutdown()
