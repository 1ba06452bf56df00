"""Forms that meet the question for the password are held in its page, and sent on as they were."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from webtest import TestApp, Upload

from authsite.http.redirects import MAXIMUM_LENGTH
from authsite.services import services_of
from tests.browsers import PASSWORD, Browser
from tests.functional.crowds import BUSY, full_queue
from tests.functional.reading import alert_of, form_of, input_of, is_marked, rows_of, said_beside
from tests.functional.vault import (
    FOREIGN,
    HERE,
    SENT,
    arrived,
    confirm,
    follow,
    held_in,
    send,
    token_of,
)

TEN_MINUTES = timedelta(minutes=10)


@pytest.fixture
def ada(visitor, let_time_pass):
    """Someone who has signed in a quarter of an hour ago."""
    visitor.sign_up()
    let_time_pass(timedelta(minutes=15))
    return visitor


def test_a_form_is_not_lost(ada, services):
    page = send(ada, path="/vault?room=2")
    assert page.status_int == 403
    assert held_in(page) == list(SENT.items())
    assert "kept what you entered" in page.html.main.get_text()
    assert page.headers["Cache-Control"] == "no-store"
    answer = confirm(page)
    assert (answer.status_int, answer.location) == (307, "http://localhost/vault?room=2")
    assert arrived(follow(ada, answer)) == list(SENT.items())
    assert arrived(send(ada)) == list(SENT.items())


def test_a_button_is_not_lost_either(ada):
    page = send(ada, {})
    assert held_in(page) == []
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
    ("held", "no"),
    ("action", "https://evil.example/"),
    ("csrf", "not ours"),
    ("method", "get"),
    ("blank", ""),
    ("isindex", "1"),
]


def test_whatever_is_sent_arrives_as_it_was_and_says_nothing_to_the_page_that_asks(ada):
    fields = [("csrf_token", token_of(ada)), *HOSTILE]
    page = ada.app.post("/vault", fields, headers=HERE, expect_errors=True)
    assert "<script" not in page
    assert page.html.main.b is None
    assert [name for name, _ in held_in(page)] == [name for name, _ in HOSTILE]
    assert page.html.main.form["action"] == "/confirm-password?next=%2Fvault&replay=1"
    again = confirm(page, "not that one")
    assert held_in(again) == held_in(page)
    answer = confirm(again)
    assert answer.location == "http://localhost/vault"
    assert arrived(follow(ada, answer)) == HOSTILE


def test_no_password_and_no_file_is_held(ada):
    secret = "nine purple yaks waltz"
    names = ("password", "current_password", "confirm_password", "New_PASSWORD2", "my-password[]")
    fields = dict.fromkeys(names, secret) | {"file": Upload("plan.txt", b"a plan"), "plan": "dig"}
    page = send(ada, fields, content_type="multipart/form-data")
    assert secret not in page
    assert "a plan" not in page
    assert held_in(page) == [("plan", "dig")]
    assert "except passwords and files" in page.html.main.get_text()
    assert arrived(follow(ada, confirm(page))) == [("plan", "dig")]


@pytest.mark.parametrize("password", ["", "not that one", "x" * 257, "\x00"])
def test_a_mistake_is_explained_and_nothing_that_was_held_is_lost(ada, services, password):
    before = rows_of(services)
    page = confirm(send(ada), password)
    assert page.status_int == 422
    assert is_marked(page, "current_password")
    assert said_beside(page, "current_password")
    assert input_of(page, "current_password").has_attr("autofocus")
    assert input_of(page, "current_password")["value"] == ""
    assert held_in(page) == list(SENT.items())
    assert rows_of(services) == before
    assert arrived(follow(ada, confirm(page))) == list(SENT.items())


@pytest.mark.asvs("6.3.1")
def test_who_guesses_has_to_wait_and_what_was_held_waits_too(ada, let_time_pass):
    page = send(ada)
    for _ in range(10):
        page = confirm(page, "not that one")
        assert page.status_int == 422
    page = confirm(page)
    assert page.status_int == 429
    assert int(page.headers["Retry-After"]) > 0
    assert "Try again in" in alert_of(page)
    assert held_in(page) == list(SENT.items())
    let_time_pass(timedelta(minutes=5))
    assert arrived(follow(ada, confirm(page))) == list(SENT.items())


def test_in_a_crowd_one_is_asked_to_come_back_and_loses_nothing(new_vault, services, let_time_pass):
    crowded = new_vault(**BUSY)
    browser = Browser(TestApp(crowded))
    browser.sign_up()
    let_time_pass(TEN_MINUTES)
    page = send(browser)
    with full_queue(services_of(crowded.registry).hasher):
        page = confirm(page)
        assert page.status_int == 503
        assert int(page.headers["Retry-After"]) > 0
        assert held_in(page) == list(SENT.items())
    assert arrived(follow(browser, confirm(page))) == list(SENT.items())


@pytest.mark.asvs("1.2.2")
@pytest.mark.parametrize("place", FOREIGN)
def test_no_form_is_ever_sent_elsewhere(ada, place):
    page = send(ada)
    form = form_of(page)
    form.action = f"/confirm-password?{urlencode({'next': place, 'held': 'yes'})}"
    form["current_password"] = "not that one"
    again = form.submit(headers=HERE, expect_errors=True)
    assert again.html.main.form["action"] == "/confirm-password"
    assert held_in(again) == []
    form["current_password"] = PASSWORD
    answer = form.submit(headers=HERE)
    assert (answer.status_int, answer.location) == (303, "http://localhost/account")


def test_a_link_from_elsewhere_sends_no_form(ada):
    """Or whoever made the link would have a button pressed that the password was not meant for."""
    page = ada.get("/confirm-password?next=/vault&replay=1&plan=dig")
    assert page.html.main.form["action"] == "/confirm-password?next=%2Fvault"
    assert confirm(page).status_int == 303


@pytest.mark.parametrize("path", ["/vault", "/confirm-password?next=%2Fvault&replay=1"])
def test_a_form_from_elsewhere_is_refused_before_anything_is_asked(ada, path):
    fields = {**SENT, "current_password": PASSWORD}
    for headers in ({}, HERE, {"Sec-Fetch-Site": "cross-site"}):
        answer = ada.app.post(path, fields, headers=headers, expect_errors=True)
        assert answer.status_int == 403
        assert "has expired" in answer.html.main.get_text()
        assert "below the oak" not in answer


def test_what_is_no_form_is_refused_and_not_held(ada):
    headers = HERE | {"X-CSRF-Token": token_of(ada)}
    for answer in (
        ada.app.post_json("/vault", SENT, headers=headers, expect_errors=True),
        ada.app.put("/vault", SENT, headers=headers, expect_errors=True),
    ):
        assert answer.status_int == 403
        assert answer.html.main.form["action"] == "/confirm-password?next=%2Fvault"
        assert held_in(answer) == []


def test_what_cannot_be_gone_back_to_is_not_held(ada):
    page = send(ada, path=f"/vault?{'x' * MAXIMUM_LENGTH}")
    assert page.status_int == 403
    assert page.html.main.form["action"] == "/confirm-password"
    assert confirm(page).location == "http://localhost/account"
