"""The site and the yardstick in this process, called without a server: for CPU time alone."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, Self
from unittest.mock import patch
from urllib.parse import urlencode

from pyramid.paster import get_app

from authsite.application import background
from bench.bare import main as bare_main
from bench.server import HOST, INI, environment
from bench.visitor import EMAIL, FORM, PASSWORD, Form

App = Callable[[dict[str, Any], Callable[..., Any]], Any]


def bare() -> App:
    """Return the yardstick."""
    app: App = bare_main({})
    return app


@contextmanager
def site(database: Path, settings: Mapping[str, str] | None = None) -> Iterator[App]:
    """Load the site with production.ini, as `bench.server.site` does, without its workers."""
    background.disable()
    with patch.dict(os.environ, environment(database) | (settings or {}), clear=True):
        app = get_app(str(INI))
    yield app
    app.registry["authsite"].database.dispose()


class Browser:
    """Keeps cookies and calls an application; `seconds` is the CPU time of the last call.

    That is the time of all threads of this process, so that of the hash as well.
    """

    def __init__(self, app: App, cookies: Mapping[str, str] | None = None) -> None:
        self._app = app
        self.cookies = dict(cookies or {})
        self.seconds = 0.0

    def copy(self) -> Self:
        """Return a browser with the same cookies."""
        return type(self)(self._app, self.cookies)

    def get(self, path: str) -> bytes:
        """Load a page; anything but 200 is a mistake of the benchmark."""
        return self._call("GET", path, b"", wanted="200 OK")

    def form(self, path: str, **fields: str) -> bytes:
        """Load the form on a page, and return the body that sends it with these values."""
        form = Form()
        form.feed(self.get(path).decode())
        return urlencode({"csrf_token": form.token, **fields}).encode()

    def post(self, path: str, body: bytes) -> None:
        """Send a form; anything but a redirect is a mistake of the benchmark."""
        self._call("POST", path, body, wanted="303 See Other")

    def sign_up(self) -> None:
        """Create the account of the benchmark."""
        names = {"first_name": "Grace", "last_name": "Hopper", "email": EMAIL}
        passwords = {"password": PASSWORD, "confirm_password": PASSWORD}
        self.post("/sign-up", self.form("/sign-up", **names, **passwords))

    def _call(self, method: str, path: str, body: bytes, *, wanted: str) -> bytes:
        environ = self._environ(method, path, body)
        answer: dict[str, Any] = {}

        def start_response(status: str, headers: list[tuple[str, str]], *_: object) -> None:
            answer.update(status=status, headers=headers)

        started = time.process_time()
        content = b"".join(self._app(environ, start_response))
        self.seconds = time.process_time() - started
        if answer["status"] != wanted:
            problem = f"{method} {path}: {answer['status']}\n{content.decode()}"
            raise RuntimeError(problem)
        for name, value in answer["headers"]:
            if name == "Set-Cookie":
                self._take(value)
        return content

    def _take(self, header: str) -> None:
        name, _, value = header.partition(";")[0].partition("=")
        self.cookies[name] = value
        if not value:
            del self.cookies[name]

    def _environ(self, method: str, path: str, body: bytes) -> dict[str, Any]:
        """Return what waitress makes of such a request."""
        return {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": "",
            "SERVER_NAME": "waitress.invalid",
            "SERVER_PORT": "6543",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": HOST,
            "HTTP_USER_AGENT": USER_AGENT,
            "HTTP_COOKIE": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "HTTP_SEC_FETCH_SITE": FORM["Sec-Fetch-Site"],
            "CONTENT_TYPE": FORM["Content-Type"] if body else "",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "https",
            "wsgi.input": BytesIO(body),
            "wsgi.errors": None,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }


USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
