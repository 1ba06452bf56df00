"""Long text in any part of a request costs little CPU time."""

import time

import pytest

from tests.functional.reading import form_of
from tests.site.wsgi_requests import send_request

pytestmark = pytest.mark.one_database

LENGTH = 20_000
#: Characters in a field of a form, which WebOb keeps in memory.
FORM_LENGTH = 3_000
#: Seconds of CPU time for one request. The slowest takes a tenth of it.
LIMIT = 0.5
#: Text that ambiguous regular expressions take exponential or quadratic time for.
SHAPES = [
    "a",
    "a.",
    ".",
    "-",
    "@",
    "0",
    " ",
    "=",
    ";",
    "a=",
    "%41",
    "/",
    "A-",
    "\t",
    '"',
    "a@",
    ",",
]
HEADERS = [
    "HTTP_ACCEPT",
    "HTTP_ACCEPT_LANGUAGE",
    "HTTP_COOKIE",
    "HTTP_HOST",
    "HTTP_ORIGIN",
    "HTTP_REFERER",
    "HTTP_SEC_FETCH_SITE",
    "HTTP_USER_AGENT",
    "HTTP_X_FORWARDED_FOR",
    "CONTENT_TYPE",
]
COOKIES = ["authsite_session", "authsite_form", "authsite_device", "authsite_flash"]
FORMS = ["/sign-up", "/sign-in", "/forgot-password"]
FIELDS = {"first_name", "last_name", "email", "password", "confirm_password"}


def send(form):
    """Send a form as a browser does."""
    return form.submit(headers={"Sec-Fetch-Site": "same-origin"}, expect_errors=True)


def seconds_for(action, *arguments, **keywords):
    """Return the CPU time of this thread."""
    started = time.thread_time()
    action(*arguments, **keywords)
    return time.thread_time() - started


@pytest.fixture(params=SHAPES)
def text(request):
    """A long repetitive text with another character at its end."""
    return request.param * (LENGTH // len(request.param)) + "!"


@pytest.mark.asvs("1.3.12")
def test_long_text_costs_little(application, browser, text):
    send_request(application, "/sign-in")
    for header in HEADERS:
        assert seconds_for(send_request, application, "/sign-in", **{header: text}) < LIMIT, header
    for name in COOKIES:
        cookie = {"HTTP_COOKIE": f"{name}={text}"}
        assert seconds_for(send_request, application, "/dashboard", **cookie) < LIMIT, name
    for path in ("/sign-in?next=/", "/sign-in?", "/", "/reset-password/", "/account/sessions/"):
        assert seconds_for(send_request, application, f"{path}{text.strip()}") < LIMIT, path
    for path in FORMS:
        for name in FIELDS & {*form_of(browser.get(path)).fields}:
            form = form_of(browser.get(path))
            form[name] = text[-FORM_LENGTH:]
            assert seconds_for(send, form) < LIMIT, (path, name)
