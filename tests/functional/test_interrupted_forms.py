"""Forms that re-authentication interrupts are kept in its page and resumed unchanged."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from webtest import TestApp, Upload

from authsite.http.redirects import MAXIMUM_LENGTH
from authsite.services import services_of
from tests.browsers import PASSWORD, Browser
from tests.functional.crowds import BUSY, full_queue
from tests.functional.protected_pages import (
    HERE,
    SENT,
    UNSAFE_URLS,
    arrived,
    confirm,
    follow,
    kept_in,
    send,
    token_of,
)
from tests.functional.reading import alert_of, description_of, form_of, input_of, is_marked, rows_of

TEN_MINUTES = timedelta(minutes=10)


@pytest.fixture
def ada(visitor, let_time_pass):
    """The browser of a user who has signed in fifteen minutes ago."""
    visitor.sign_up()
    let_time_pass(timedelta(minutes=15))
    return visitor


def test_form_is_resumed_after_reauthentication(ada, services):
    page = send(ada, path="/protected?room=2")
    assert page.status_int == 403
    assert kept_in(page) == list(SENT.items())
    assert "kept what you entered" in page.html.main.get_text()
    assert page.headers["Cache-Control"] == "no-store"
    answer = confirm(page)
    assert (answer.status_int, answer.location) == (307, "http://localhost/protected?room=2")
    assert arrived(follow(ada, answer)) == list(SENT.items())
    assert arrived(send(ada)) == list(SENT.items())


def test_form_without_fields_is_resumed(ada):
    page = send(ada, {})
    assert kept_in(page) == []
    assert arrived(follow(ada, confirm(page))) == []


HOSTILE = [
    ("plan", "dig"),
    ("plan", "fill"),
    ("long", "x" * 8_000),
    ("markup", "\"><script>alert(1)</script>&amp;'`{{ 7 * 7 }}"),
    ('na"me> <b>', "odd"),
    ("\u00e9\u4e16\U0001f600", "\u202e\u00fc\u00df "),
    ("lines", "one\r\ntwo\r\n\r\n"),
    ("next", "https://evil.example/"),
    ("next", "/elsewhere"),
    ("replay", "no"),
    ("action", "https://evil.example/"),
    ("csrf", "not ours"),
    ("method", "get"),
    ("blank", ""),
    ("isindex", "1"),
]


def test_hostile_fields_are_resumed_unchanged(ada):
    fields = [("csrf_token", token_of(ada)), *HOSTILE]
    page = ada.app.post("/protected", fields, headers=HERE, expect_errors=True)
    assert "<script" not in page
    assert page.html.main.b is None
    assert [name for name, _ in kept_in(page)] == [name for name, _ in HOSTILE]
    assert page.html.main.form["action"] == "/confirm-password?next=%2Fprotected&replay=1"
    again = confirm(page, "not that one")
    assert kept_in(again) == kept_in(page)
    answer = confirm(again)
    assert answer.location == "http://localhost/protected"
    assert arrived(follow(ada, answer)) == HOSTILE


def test_passwords_and_files_are_not_kept(ada):
    secret = "nine purple yaks waltz"
    names = ("password", "current_password", "confirm_password", "New_PASSWORD2", "my-password[]")
    fields = dict.fromkeys(names, secret) | {"file": Upload("plan.txt", b"a plan"), "plan": "dig"}
    page = send(ada, fields, content_type="multipart/form-data")
    assert secret not in page
    assert "a plan" not in page
    assert kept_in(page) == [("plan", "dig")]
    assert "except passwords and files" in page.html.main.get_text()
    assert arrived(follow(ada, confirm(page))) == [("plan", "dig")]


@pytest.mark.parametrize("password", ["", "not that one", "x" * 257, "\x00"])
def test_wrong_password_keeps_the_fields(ada, services, password):
    before = rows_of(services)
    page = confirm(send(ada), password)
    assert page.status_int == 422
    assert is_marked(page, "current_password")
    assert description_of(page, "current_password")
    assert input_of(page, "current_password").has_attr("autofocus")
    assert input_of(page, "current_password")["value"] == ""
    assert kept_in(page) == list(SENT.items())
    assert rows_of(services) == before
    assert arrived(follow(ada, confirm(page))) == list(SENT.items())


@pytest.mark.asvs("6.3.1")
def test_throttled_confirmation_keeps_the_fields(ada, let_time_pass):
    page = send(ada)
    for _ in range(10):
        page = confirm(page, "not that one")
        assert page.status_int == 422
    page = confirm(page)
    assert page.status_int == 429
    assert int(page.headers["Retry-After"]) > 0
    assert "Try again in" in alert_of(page)
    assert kept_in(page) == list(SENT.items())
    let_time_pass(timedelta(minutes=5))
    assert arrived(follow(ada, confirm(page))) == list(SENT.items())


def test_full_hash_queue_keeps_the_fields(new_protected_app, services, let_time_pass):
    busy = new_protected_app(**BUSY)
    browser = Browser(TestApp(busy))
    browser.sign_up()
    let_time_pass(TEN_MINUTES)
    page = send(browser)
    with full_queue(services_of(busy.registry).hasher):
        page = confirm(page)
        assert page.status_int == 503
        assert int(page.headers["Retry-After"]) > 0
        assert kept_in(page) == list(SENT.items())
    assert arrived(follow(browser, confirm(page))) == list(SENT.items())


@pytest.mark.asvs("1.2.2")
@pytest.mark.parametrize("place", UNSAFE_URLS)
def test_form_is_never_sent_to_another_site(ada, place):
    page = send(ada)
    form = form_of(page)
    form.action = f"/confirm-password?{urlencode({'next': place, 'replay': '1'})}"
    form["current_password"] = "not that one"
    again = form.submit(headers=HERE, expect_errors=True)
    assert again.html.main.form["action"] == "/confirm-password"
    assert kept_in(again) == []
    form["current_password"] = PASSWORD
    answer = form.submit(headers=HERE)
    assert (answer.status_int, answer.location) == (303, "http://localhost/account")


def test_link_from_another_site_sends_no_form(ada):
    """Otherwise an attacker's link would let the user confirm a form that they never saw."""
    page = ada.get("/confirm-password?next=/protected&replay=1&plan=dig")
    assert page.html.main.form["action"] == "/confirm-password?next=%2Fprotected"
    assert confirm(page).status_int == 303


@pytest.mark.parametrize("path", ["/protected", "/confirm-password?next=%2Fprotected&replay=1"])
def test_cross_site_form_is_refused_without_a_prompt(ada, path):
    fields = {**SENT, "current_password": PASSWORD}
    for headers in ({}, HERE, {"Sec-Fetch-Site": "cross-site"}):
        answer = ada.app.post(path, fields, headers=headers, expect_errors=True)
        assert answer.status_int == 403
        assert "has expired" in answer.html.main.get_text()
        is_own = headers == HERE  # a page of this site, without a token: the user sees the form
        assert ("below the oak" in answer) == is_own


def test_non_form_requests_are_not_kept(ada):
    headers = HERE | {"X-CSRF-Token": token_of(ada)}
    for answer in (
        ada.app.post_json("/protected", SENT, headers=headers, expect_errors=True),
        ada.app.put("/protected", SENT, headers=headers, expect_errors=True),
    ):
        assert answer.status_int == 403
        assert answer.html.main.form["action"] == "/confirm-password?next=%2Fprotected"
        assert kept_in(answer) == []


def test_form_at_an_overlong_url_is_not_kept(ada):
    page = send(ada, path=f"/protected?{'x' * MAXIMUM_LENGTH}")
    assert page.status_int == 403
    assert page.html.main.form["action"] == "/confirm-password"
    assert confirm(page).location == "http://localhost/account"
