"""The site's own cookies, written and read by the same strict rules."""

from datetime import timedelta

from pyramid.request import Request
from pyramid.response import Response
from webob.cookies import make_cookie


class Cookie:
    """A cookie with the attributes that RFC 6265bis and ASVS 3.3 require.

    With https its name has the prefix `__Host-`: no other host and no plain http can set it.
    """

    def __init__(self, name: str, *, https: bool) -> None:
        self.name = f"__Host-{name}" if https else name
        self._secure = https

    def read(self, request: Request) -> str | None:
        """Return the cookie's value; None if it is missing, empty or sent twice.

        Another host may have set one of two cookies with the same name.
        """
        header: str = request.environ.get("HTTP_COOKIE", "")
        if self.name not in header:
            return None
        values = [
            value.strip()
            for name, _, value in (pair.partition("=") for pair in header.split(";"))
            if name.strip() == self.name
        ]
        return (values[0] or None) if len(values) == 1 else None

    def is_present(self, request: Request) -> bool:
        """Whether the browser sent the cookie, once or several times, with any value."""
        header: str = request.environ.get("HTTP_COOKIE", "")
        return self.name in header and self.name in (
            pair.partition("=")[0].strip() for pair in header.split(";")
        )

    def value_in(self, response: Response) -> str | None:
        """Return what a response sets the cookie to: "" to delete it, None if it leaves it."""
        prefix = f"{self.name}="
        for header in response.headers.getall("Set-Cookie"):
            if header.startswith(prefix):
                return header.removeprefix(prefix).partition(";")[0]
        return None

    def set(self, value: str, *, max_age: timedelta | None = None) -> tuple[str, str]:
        """Return the header that sets the cookie; without `max_age`, until the browser closes."""
        return self._header(value, None if max_age is None else int(max_age.total_seconds()))

    def clear(self) -> tuple[str, str]:
        """Return the header that deletes the cookie."""
        return self._header("", 0)

    def _header(self, value: str, max_age: int | None) -> tuple[str, str]:
        return (
            "Set-Cookie",
            make_cookie(
                self.name,
                value,
                max_age=max_age,
                path="/",
                secure=self._secure,
                httponly=True,
                samesite="Lax",
            ),
        )
