"""`/sign-out`: the page and its button."""

import pytest

from tests.functional.cookies import plant
from tests.functional.reading import rows_of, status_of


@pytest.mark.asvs("3.5.3")
def test_sign_out_needs_a_form(browser):
    browser.sign_up()
    page = browser.get("/sign-out")
    assert page.status_int == 200
    browser.app.head("/sign-out", status=200)
    assert browser.is_signed_in
    assert browser.submit(page, {}).location == "http://localhost/sign-in"
    assert not browser.is_signed_in


@pytest.mark.asvs("7.4.1", "14.3.1")
def test_sign_out_ends_the_session_and_clears_the_cache(browser, services):
    browser.sign_up()
    answer = browser.sign_out()
    assert (answer.status_int, answer.location) == (303, "http://localhost/sign-in")
    assert answer.headers["Clear-Site-Data"] == '"cache"'
    assert "authsite_session=; Max-Age=0" in " ".join(answer.headers.getall("Set-Cookie"))
    assert browser.cookie is None
    assert rows_of(services)["authsite_session"] == []


def test_sign_out_message_is_shown_once(browser):
    browser.sign_up()
    page = browser.sign_out().follow()
    assert status_of(page) == "You're signed out."
    assert status_of(browser.get("/sign-in")) is None


@pytest.mark.asvs("7.4.1", "8.3.2")
def test_cookie_of_an_ended_session_is_refused(browser, new_browser):
    browser.sign_up()
    attacker = new_browser()
    plant(attacker, "authsite_session", browser.cookie)
    assert attacker.is_signed_in
    browser.sign_out()
    assert not attacker.is_signed_in
    assert attacker.cookie is None


def test_sign_out_keeps_other_sessions(browser, new_browser):
    browser.sign_up()
    other, eve = new_browser(), new_browser()
    other.sign_in()
    eve.sign_up(email="eve@example.com")
    browser.sign_out()
    assert other.is_signed_in
    assert eve.is_signed_in


def test_anonymous_visitor_is_signed_out_already(browser):
    assert browser.get("/sign-out").location == "http://localhost/sign-in"
    answer = browser.app.post("/sign-out", headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.location == "http://localhost/sign-in"
    assert status_of(answer.follow()) == "You're signed out."
    assert "Clear-Site-Data" not in answer.headers
