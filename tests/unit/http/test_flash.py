"""What one page leaves for the next to say."""

from datetime import UTC, datetime

import pytest
from pyramid.response import Response

from authsite.http.cookies import Cookie
from authsite.http.flash import MESSAGES, Flash
from tests.factories import a_request

FLASH = Flash(Cookie("flash", https=False))


def next_page(cookies: str) -> tuple[str | None, list[str]]:
    """Open a page; return what it says and the cookies that it sets."""
    request, response = a_request(HTTP_COOKIE=cookies), Response()
    said = FLASH.pop(request)
    request._process_response_callbacks(response)
    return said, response.headers.getall("Set-Cookie")


@pytest.mark.parametrize("name", sorted(set(MESSAGES) - {"account-closed"}))
def test_what_was_left_is_said_and_forgotten(name):
    pair = FLASH.set(name)[1].split(";")[0]
    said, (forgotten,) = next_page(pair)
    assert said == MESSAGES[name]
    assert forgotten.startswith("flash=;")
    assert "max-age=0" in forgotten.lower()


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
def test_nobody_else_puts_words_into_our_mouth(planted):
    said, (forgotten,) = next_page(planted)
    assert said is None
    assert forgotten.startswith("flash=;")


def test_most_pages_say_nothing_and_set_nothing():
    assert next_page("") == (None, [])
    assert next_page("session=flash") == (None, [])


def test_a_message_that_does_not_exist_is_a_mistake_of_ours():
    with pytest.raises(AssertionError, match="name-shaved"):
        FLASH.set("name-shaved")
