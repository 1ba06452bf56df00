"""The site's own cookies, written and read by the same strict rules."""

from datetime import timedelta

from pyramid.request import Request
from pyramid.response import Response
from webob.cookies import make_cookie

#: The names of the site's cookies besides the session's, which is a setting. The prefix keeps them
#: apart from those of other applications on the same host.
ANONYMOUS_COOKIE = "authsite_form"
DEVICE_COOKIE = "authsite_device"
FLASH_COOKIE = "authsite_flash"
PENDING_SIGN_IN_COOKIE = "authsite_pending_sign_in"
COOKIE_NAMES = frozenset({ANONYMOUS_COOKIE, DEVICE_COOKIE, FLASH_COOKIE, PENDING_SIGN_IN_COOKIE})


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
        values = self._values(request)
        return (values[0] or None) if len(values) == 1 else None

    def count(self, request: Request) -> int:
        """Return how many times the browser sent the cookie, with any value."""
        return len(self._values(request))

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

    def _values(self, request: Request) -> list[str]:
        header: str = request.environ.get("HTTP_COOKIE", "")
        if self.name not in header:
            return []
        return [
            value.strip()
            for name, _, value in (pair.partition("=") for pair in header.split(";"))
            if name.strip() == self.name
        ]

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
