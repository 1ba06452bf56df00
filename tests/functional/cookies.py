"""Reading the cookies that an answer sets, and planting cookies in a browser."""

from datetime import timedelta
from http.cookiejar import Cookie
from http.cookies import Morsel, SimpleCookie

from webtest import TestResponse

from tests.browsers import Browser

#: The name of the session cookie on http.
SESSION = "authsite_session"


def cookies_of(answer: TestResponse) -> dict[str, Morsel]:
    """Return the cookies that an answer sets, by name."""
    cookies = SimpleCookie()
    for header in answer.headers.getall("Set-Cookie"):
        cookies.load(header)
    return dict(cookies)


def is_blanked(answer: TestResponse) -> bool:
    """Whether the answer deletes the session cookie and sets no other value for it."""
    headers = [
        each for each in answer.headers.getall("Set-Cookie") if each.startswith(f"{SESSION}=")
    ]
    return len(headers) == 1 and headers[0].startswith(f"{SESSION}=; Max-Age=0; Path=/; ")


def lasts(cookie: Morsel, expected: timedelta) -> bool:
    """Whether the cookie lasts as long as expected, minus the time that a slow test takes."""
    return timedelta(0) <= expected - timedelta(seconds=int(cookie["max-age"])) < timedelta(hours=1)


def plant(browser: Browser, name: str, value: str) -> None:
    """Put a cookie into the browser as if this site had set it."""
    browser.app.cookiejar.set_cookie(
        Cookie(
            version=0,
            name=name,
            value=value,
            port=None,
            port_specified=False,
            domain="localhost.local",
            domain_specified=False,
            domain_initial_dot=False,
            path="/",
            path_specified=True,
            secure=False,
            expires=None,
            discard=True,
            comment=None,
            comment_url=None,
            rest={},
        )
    )


def receive(browser: Browser, answer: TestResponse) -> None:
    """Put the cookies of an answer to another tab into the browser, which both share."""
    for name, cookie in cookies_of(answer).items():
        if cookie["max-age"] == "0":
            browser.app.cookiejar.clear("localhost.local", "/", name)
        else:
            plant(browser, name, cookie.value)
