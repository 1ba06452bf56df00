"""Visitors of the site over real connections, each with a browser."""

import http.client
import itertools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from urllib.parse import urlencode

from tests.browsers import PASSWORD
from tests.processes.listeners import LOOPBACK, Listener
from tests.processes.servers import DEADLINE, HOST, SITE_URL

SESSION = "__Host-authsite_session"

_TOKEN_FIELD = re.compile(r'<input[^>]*name="csrf_token"[^>]*>')
_VALUE = re.compile(r'value="([^"]*)"')


@dataclass(frozen=True)
class Answer:
    """A response, read completely."""

    path: str
    status: int
    headers: http.client.HTTPMessage
    text: str

    @cached_property
    def csrf_token(self) -> str:
        """The CSRF token in a form of this page."""
        field = _TOKEN_FIELD.search(self.text)
        assert field, f"no form on {self.path}, which was answered with {self.status}"
        value = _VALUE.search(field[0])
        assert value, field[0]
        return value[1]


class Visitor:
    """A browser that keeps connections and cookies; for one thread at a time.

    It sends requests to its servers in turn, as a proxy does. `timeout` is in seconds; `source` is
    its IP address; `headers` are added to every request.
    """

    def __init__(
        self,
        *servers: Listener,
        timeout: float = DEADLINE,
        source: str = LOOPBACK,
        headers: Iterable[tuple[str, str]] = (),
    ) -> None:
        self.cookies: dict[str, str] = {}
        self._headers = list(headers)
        self._connections = itertools.cycle(
            [server.connection(timeout=timeout, source=source) for server in servers]
        )

    def get(self, path: str) -> Answer:
        """Load a page."""
        return self._request("GET", path, None, {})()

    def send(self, page: Answer, values: Mapping[str, str]) -> Answer:
        """Fill in and send the form of a page that was loaded before."""
        return self.send_unread(page, values)()

    def send_unread(self, page: Answer, values: Mapping[str, str]) -> Callable[[], Answer]:
        """Send a form like `send`; return a function that reads the response."""
        body = urlencode({"csrf_token": page.csrf_token} | values).encode()
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": SITE_URL,
            "Sec-Fetch-Site": "same-origin",
        }
        return self._request("POST", page.path, body, headers)

    def hang_up(self) -> None:
        """Close the connection to the next server; the next request opens a new one."""
        connection = next(self._connections)
        connection.close()

    def sign_up(self, email: str) -> Answer:
        """Load the page and sign up with this email."""
        return self.send(self.get("/sign-up"), sign_up_form(email))

    def sign_in(self, email: str, password: str = PASSWORD) -> Answer:
        """Load the page and sign in."""
        return self.send(self.get("/sign-in"), {"email": email, "password": password})

    def sign_out(self) -> Answer:
        """Load the page and sign out."""
        return self.send(self.get("/sign-out"), {})

    @property
    def is_signed_in(self) -> bool:
        """Whether the dashboard loads instead of redirecting to sign in."""
        answer = self.get("/dashboard")
        assert answer.status in {200, 303}, answer
        return answer.status == 200

    def _request(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> Callable[[], Answer]:
        headers = headers | {"Host": HOST}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if body is not None:
            headers["Content-Length"] = str(len(body))
        connection = next(self._connections)
        try:
            connection.putrequest(method, path, skip_host=True)
            for name, value in (*headers.items(), *self._headers):
                connection.putheader(name, value)
            connection.endheaders(body)
        except BaseException:
            connection.close()  # the next request opens a new one
            raise
        return partial(self._read, path, connection)

    def _read(self, path: str, connection: http.client.HTTPConnection) -> Answer:
        try:
            response = connection.getresponse()
            text = response.read().decode()
        except BaseException:
            connection.close()
            raise
        for cookie in response.headers.get_all("Set-Cookie", ()):
            self._store_cookie(cookie)
        return Answer(path, response.status, response.headers, text)

    def _store_cookie(self, cookie: str) -> None:
        pair, *attributes = cookie.split("; ")
        name, _, value = pair.partition("=")
        if "Max-Age=0" in attributes:
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = value


def sign_up_form(email: str) -> dict[str, str]:
    """Return the values for the sign-up form."""
    return {
        "first_name": "Ada",
        "last_name": "Lovelace",
        "email": email,
        "password": PASSWORD,
        "confirm_password": PASSWORD,
    }
