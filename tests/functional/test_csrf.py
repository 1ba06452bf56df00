"""Forms are accepted only from a page of this site and in the session that it was shown in."""

import json
from urllib.parse import urlencode

import pytest

from tests.browsers import PASSWORD
from tests.functional.cookies import plant
from tests.functional.reading import form_of, rows_of, sign_out_button_of

pytestmark = pytest.mark.one_database

HERE = {"Sec-Fetch-Site": "same-origin"}
NEW = "nine purple yaks waltz"
FORMS = {
    "/sign-up": {
        "first_name": "Eve",
        "last_name": "Smith",
        "email": "eve@example.com",
        "password": PASSWORD,
        "confirm_password": PASSWORD,
    },
    "/sign-in": {"email": "ada@example.com", "password": PASSWORD},
    "/account": {"first_name": "Mallory", "last_name": "Smith"},
    "/account/password": {"password": NEW, "confirm_password": NEW, "current_password": PASSWORD},
    "/confirm-password": {"current_password": PASSWORD},
    "/sign-out": {},
}
PATHS = list(FORMS)
FORM = "application/x-www-form-urlencoded"


def in_turn(values):
    """Pair each path with one of the values, and each value with one of the paths.

    One function checks the forms of all paths, so that not every pair has to be tested.
    """
    values = list(values)
    pairs = max(len(PATHS), len(values))
    return [(PATHS[i % len(PATHS)], values[i % len(values)]) for i in range(pairs)]


def as_lines(fields):
    """Encode fields as a browser does for a form with `enctype="text/plain"`."""
    return "".join(f"{name}={value}\r\n" for name, value in fields.items())


#: Bodies that another site can have sent, some of them without a preflight.
OTHER_BODIES = {
    "text": ("text/plain", as_lines),
    "a form as text": ("text/plain; charset=UTF-8", urlencode),
    "JSON as text": ("text/plain", json.dumps),
    "JSON": ("application/json", json.dumps),
    "a form as JSON": ("application/json", urlencode),
    "a form as an unknown type": ("application/x-unknown", urlencode),
}


def was_refused(answer):
    """Whether the answer is the page about an expired form."""
    return (
        answer.status_int == 403
        and answer.html.h1.get_text(strip=True) == "This form has expired"
        and "Nothing was changed" in answer.html.main.get_text()
    )


@pytest.fixture
def sender(new_browser):
    """Make a browser that may send the form at a path, and a function that sends it."""
    new_browser().sign_up()

    def make(path):
        browser = new_browser()
        if path not in {"/sign-up", "/sign-in"}:
            browser.sign_in()

        def send(headers, **changed):
            form = form_of(browser.get(path))
            fields = dict(form.submit_fields()) | FORMS[path] | changed
            fields = {name: value for name, value in fields.items() if value is not None}
            return browser.app.post(path, fields, headers=headers, expect_errors=True)

        return browser, send

    return make


@pytest.mark.parametrize(
    ("path", "headers"),
    in_turn([HERE, HERE | {"Origin": "https://evil.test"}, {"Origin": "http://localhost"}]),
)
def test_same_origin_form_is_accepted(sender, path, headers):
    _, send = sender(path)
    assert send(headers).status_int == 303


@pytest.mark.asvs("3.5.1")
@pytest.mark.parametrize(
    ("path", "headers"),
    in_turn(
        [
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Sec-Fetch-Site": "none"},
            {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
            {"Sec-Fetch-Site": ""},
            {"Origin": "null"},
            {"Origin": "https://evil.test"},
            {"Origin": "https://localhost"},
            {"Origin": "http://localhost:8080"},
            {"Origin": "http://localhost.evil.test"},
            {"Origin": "http://localhost/"},
            {"Origin": ""},
            {},
            {"Referer": "http://localhost/sign-in"},
        ]
    ),
)
def test_cross_origin_form_is_refused(sender, services, path, headers):
    _, send = sender(path)
    before = rows_of(services)
    assert was_refused(send(headers))
    assert rows_of(services) == before


@pytest.mark.asvs("3.5.1")
@pytest.mark.parametrize(
    ("path", "token"),
    in_turn([None, "", "x", "A" * 64, "ä", "AAAA", "!" * 64, "\x00", "A" * 9_000]),
)
def test_form_without_valid_token_is_refused(sender, services, path, token):
    _, send = sender(path)
    before = rows_of(services)
    assert was_refused(send(HERE, csrf_token=token))
    assert rows_of(services) == before


@pytest.mark.asvs("3.5.2")
@pytest.mark.parametrize(("path", "body"), in_turn(OTHER_BODIES))
def test_other_content_types_are_refused(sender, services, path, body):
    content_type, encode = OTHER_BODIES[body]
    browser, _ = sender(path)
    fields = dict(form_of(browser.get(path)).submit_fields()) | FORMS[path]
    before = rows_of(services)
    for headers in (HERE, {"Origin": "http://localhost"}):
        sent = {"headers": headers, "expect_errors": True}
        answer = browser.app.post(path, encode(fields), content_type=content_type, **sent)
        assert answer.status_int == 415
        assert rows_of(services) == before
    answer = browser.app.post(path, urlencode(fields), content_type=FORM, headers=HERE)
    assert answer.status_int == 303


@pytest.mark.parametrize("path", PATHS)
def test_token_of_another_browser_is_refused(sender, new_browser, services, path):
    _, send = sender(path)
    visitor, eve = new_browser(), new_browser()
    eve.sign_up(email="grace@example.com")
    before = rows_of(services)
    for other, at in ((visitor, "/sign-in"), (eve, "/account")):
        token = form_of(other.get(at))["csrf_token"].value
        assert was_refused(send(HERE, csrf_token=token))
    assert rows_of(services) == before
    assert send(HERE).status_int == 303


def test_token_of_a_previous_session_is_refused(browser, services):
    browser.sign_up()
    token = form_of(browser.get("/account"))["csrf_token"].value
    browser.sign_out()
    browser.sign_in()
    before = rows_of(services)
    fields = FORMS["/account"] | {"csrf_token": token}
    assert was_refused(browser.app.post("/account", fields, headers=HERE, expect_errors=True))
    assert rows_of(services) == before


def test_anonymous_token_is_refused_after_sign_up(browser, services):
    page = browser.get("/sign-up")
    token, name = form_of(page)["csrf_token"].value, browser.app.cookies["authsite_form"]
    browser.sign_up()
    assert "authsite_form" not in browser.app.cookies
    plant(browser, "authsite_form", name)
    before = rows_of(services)
    fields = FORMS["/account"] | {"csrf_token": token}
    assert was_refused(browser.app.post("/account", fields, headers=HERE, expect_errors=True))
    assert rows_of(services) == before


@pytest.mark.asvs("9.1.1")
@pytest.mark.parametrize("planted", ["", "x", "x.", ".x", "x.y", "ä.ö", "{0}x.{1}", "x" * 4000])
def test_planted_anonymous_cookie_is_ignored(new_browser, services, planted):
    """Another host of the domain can set cookies, and then knows their values."""
    new_browser().sign_up()
    attacker = new_browser()
    attacker.get("/sign-in")
    name, _, signature = attacker.app.cookies["authsite_form"].partition(".")
    cookie = {"Cookie": f"authsite_form={planted.format(name, signature)}"}
    page = attacker.get("/sign-up", headers=cookie)
    assert page.headers["Set-Cookie"].startswith("authsite_form=")
    fields = FORMS["/sign-up"] | {"csrf_token": form_of(page)["csrf_token"].value}
    before = rows_of(services)
    assert was_refused(
        new_browser().app.post("/sign-up", fields, headers=HERE | cookie, expect_errors=True)
    )
    assert rows_of(services) == before


@pytest.mark.asvs("7.4.4")
def test_sign_out_button_works_on_every_page(new_browser):
    new_browser().sign_up()
    for path in ("/", "/dashboard", "/account", "/sign-out"):
        browser = new_browser()
        browser.sign_in()
        button = sign_out_button_of(browser.get(path))
        assert button.submit(headers=HERE).location == "http://localhost/sign-in"


def test_anonymous_tokens_of_two_pages_are_both_valid(browser):
    first = browser.get("/sign-up")
    second = browser.get("/sign-in")
    assert form_of(first)["csrf_token"].value != form_of(second)["csrf_token"].value
    assert browser.submit(first, FORMS["/sign-up"]).status_int == 303


def test_refusal_links_back_to_the_page(sender):
    _, send = sender("/account")
    page = send({"Sec-Fetch-Site": "cross-site"})
    assert page.html.main.find("a", href="/account")
