"""A browser of a visitor: cookies, forms and their tokens."""

import http.client
from contextlib import closing
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Self
from urllib.parse import urlencode

from bench.rows import verify_emails
from bench.server import HOST, Server

EMAIL = "grace@example.com"
PASSWORD = "seven-otters-juggle-plums"


@dataclass(frozen=True)
class Answer:
    """The response of the server."""

    status: int
    body: bytes


class Visitor:
    """Keeps cookies, but no connection, since the server closes idle ones."""

    def __init__(self, server: Server) -> None:
        self._port = server.port
        self._cookies: dict[str, str] = {}

    @classmethod
    def signed_up(cls, server: Server) -> Self:
        """Return a visitor who has signed up for the account of the benchmark and verified it."""
        visitor = cls(server)
        visitor.sign_up()
        verify_emails(server.database)
        return visitor

    def sign_up(self) -> None:
        """Sign up for the account of the benchmark."""
        self.submit(
            "/sign-up",
            first_name="Grace",
            last_name="Hopper",
            email=EMAIL,
            password=PASSWORD,
            confirm_password=PASSWORD,
        )

    @property
    def cookie(self) -> str:
        """The value of the `Cookie` header."""
        return "; ".join(f"{name}={value}" for name, value in self._cookies.items())

    def get(self, path: str) -> Answer:
        """Request a page."""
        return self._request("GET", path, "")

    def form(self, path: str, **fields: str) -> str:
        """Load the form of a page and return the body that submits it with these values."""
        page = Form()
        page.feed(self.get(path).body.decode())
        return urlencode({"csrf_token": page.token, **fields})

    def send(self, path: str, body: str) -> Answer:
        """Send a form."""
        return self._request("POST", path, body)

    def post(self, path: str, body: str) -> Answer:
        """Send a form; raise `RuntimeError` if the answer is not a redirect."""
        answer = self.send(path, body)
        if answer.status != http.HTTPStatus.SEE_OTHER:
            problem = f"POST {path}: {answer.status}\n{answer.body.decode()}"
            raise RuntimeError(problem)
        return answer

    def submit(self, path: str, **fields: str) -> Answer:
        """Load a form, fill it in and send it."""
        return self.post(path, self.form(path, **fields))

    def _request(self, method: str, path: str, body: str) -> Answer:
        headers = {"Host": HOST, "Cookie": self.cookie}
        if method == "POST":
            headers |= FORM
        with closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)) as connection:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            answer = Answer(response.status, response.read())
        for header in response.headers.get_all("Set-Cookie", []):
            name, _, value = header.partition(";")[0].partition("=")
            self._cookies[name] = value
            if not value:
                del self._cookies[name]
        return answer


#: What a browser sends with a form of the site's own.
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}


class Form(HTMLParser):
    """Finds the token of the form on a page."""

    token = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "input" and attributes.get("name") == "csrf_token":
            self.token = attributes.get("value") or ""
