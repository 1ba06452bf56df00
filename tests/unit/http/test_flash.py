"""Flash messages: set by one page, shown by the next."""

from datetime import UTC, datetime

import pytest
from pyramid.response import Response

from authsite.http.cookies import Cookie
from authsite.http.flash import MESSAGES, Flash
from tests.factories import a_request

FLASH = Flash(Cookie("flash", https=False))


def next_page(cookies: str) -> tuple[str | None, list[str]]:
    """Open a page; return its flash message and the cookies that it sets."""
    request, response = a_request(HTTP_COOKIE=cookies), Response()
    message = FLASH.pop(request)
    request._process_response_callbacks(response)
    return message, response.headers.getall("Set-Cookie")


@pytest.mark.parametrize("name", sorted(set(MESSAGES) - {"account-closed"}))
def test_flash_message_is_shown_once(name):
    pair = FLASH.set(name)[1].split(";")[0]
    message, (cleared,) = next_page(pair)
    assert message == MESSAGES[name]
    assert cleared.startswith("flash=;")
    assert "max-age=0" in cleared.lower()


def test_message_shows_the_date_that_was_set():
    pair = FLASH.set("account-closed", datetime(2031, 5, 7, 23, 59, tzinfo=UTC))[1].split(";")[0]
    assert next_page(pair)[0] == "Account closed. Sign in before 7 May 2031 to keep it."


@pytest.mark.parametrize(
    "planted",
    [
        "flash=<b>You won</b>",
        "flash=",
        "flash=a; flash=b",
        "flash=signed-out; flash=a",
        "flash=account-closed",
        "flash=account-closed.today",
        "flash=account-closed.2031-02-30",
    ],
)
def test_planted_flash_cookie_shows_no_message(planted):
    message, (cleared,) = next_page(planted)
    assert message is None
    assert cleared.startswith("flash=;")


def test_page_without_a_flash_cookie_sets_none():
    assert next_page("") == (None, [])
    assert next_page("session=flash") == (None, [])


def test_unknown_flash_message_fails():
    with pytest.raises(AssertionError, match="name-shaved"):
        FLASH.set("name-shaved")
