"""Reading and writing the site's own cookies, by the strict rules that they are written with."""

from datetime import timedelta

from pyramid.request import Request
from webob.cookies import make_cookie


class Cookie:
    """One cookie of the site, with the attributes that RFC 6265bis and ASVS 3.3 ask for.

    On https its name gets the prefix `__Host-`: no other host and no plain connection can set it.
    """

    def __init__(self, name: str, *, https: bool) -> None:
        self.name = f"__Host-{name}" if https else name
        self._secure = https

    def read(self, request: Request) -> str | None:
        """Return the cookie's value; None when it is missing, empty, or there twice.

        Of two cookies of one name nobody can tell which one we have set.
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
        """Whether the browser sent the cookie at all, however often and whatever it holds."""
        header: str = request.environ.get("HTTP_COOKIE", "")
        return self.name in header and self.name in (
            pair.partition("=")[0].strip() for pair in header.split(";")
        )

    def set(self, value: str, *, max_age: timedelta | None = None) -> tuple[str, str]:
        """Return the header that sets the cookie; without `max_age` it goes with the browser."""
        return self._header(value, None if max_age is None else int(max_age.total_seconds()))

    def clear(self) -> tuple[str, str]:
        """Return the header by which the browser forgets the cookie."""
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
