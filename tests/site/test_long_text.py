"""Long text of every shape costs the site little, wherever it stands."""

import time

import pytest

from tests.functional.reading import form_of
from tests.site.raw import ask

pytestmark = pytest.mark.one_database

LENGTH = 20_000
#: As much of it as WebOb keeps in memory when it stands in a form.
OF_A_FORM = 3_000
#: Seconds of the processor for one request. The slowest takes a tenth of it.
MOST = 0.5
#: What a regular expression with two ways to read a text takes exponential or quadratic time for.
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
COOKIES = ["session", "form", "device", "flash"]
FORMS = ["/sign-up", "/sign-in", "/forgot-password"]
FIELDS = {"first_name", "last_name", "email", "password", "confirm_password"}


def send(form):
    """Send a form as a browser does."""
    return form.submit(headers={"Sec-Fetch-Site": "same-origin"}, expect_errors=True)


def seconds_for(action, *arguments, **keywords):
    """Return the time that this thread has computed for."""
    before = time.thread_time()
    action(*arguments, **keywords)
    return time.thread_time() - before


@pytest.fixture(params=SHAPES)
def text(request):
    """A long text that ends otherwise than it goes on."""
    return request.param * (LENGTH // len(request.param)) + "!"


@pytest.mark.asvs("1.3.12")
def test_long_text_costs_little(application, browser, text):
    ask(application, "/sign-in")
    for header in HEADERS:
        assert seconds_for(ask, application, "/sign-in", **{header: text}) < MOST, header
    for name in COOKIES:
        cookie = {"HTTP_COOKIE": f"{name}={text}"}
        assert seconds_for(ask, application, "/dashboard", **cookie) < MOST, name
    for path in ("/sign-in?next=/", "/sign-in?", "/", "/reset-password/", "/account/sessions/"):
        assert seconds_for(ask, application, f"{path}{text.strip()}") < MOST, path
    for path in FORMS:
        for name in FIELDS & {*form_of(browser.get(path)).fields}:
            form = form_of(browser.get(path))
            form[name] = text[-OF_A_FORM:]
            assert seconds_for(send, form) < MOST, (path, name)
