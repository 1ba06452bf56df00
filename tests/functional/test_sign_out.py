"""`/sign-out`: a page with a button, and what the button does."""

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
def test_signing_out_ends_the_session_and_empties_the_cache(browser, services):
    browser.sign_up()
    answer = browser.sign_out()
    assert (answer.status_int, answer.location) == (303, "http://localhost/sign-in")
    assert answer.headers["Clear-Site-Data"] == '"cache"'
    assert "session=; Max-Age=0" in " ".join(answer.headers.getall("Set-Cookie"))
    assert browser.cookie is None
    assert rows_of(services)["authsite_session"] == []


def test_it_is_said_once_that_one_is_signed_out(browser):
    browser.sign_up()
    page = browser.sign_out().follow()
    assert status_of(page) == "You're signed out."
    assert status_of(browser.get("/sign-in")) is None


@pytest.mark.asvs("7.4.1", "8.3.2")
def test_the_cookie_of_a_session_that_ended_is_worth_nothing(browser, new_browser):
    browser.sign_up()
    thief = new_browser()
    plant(thief, "session", browser.cookie)
    assert thief.is_signed_in
    browser.sign_out()
    assert not thief.is_signed_in
    assert thief.cookie is None


def test_the_other_browsers_of_a_person_stay_signed_in(browser, new_browser):
    browser.sign_up()
    other, stranger = new_browser(), new_browser()
    other.sign_in()
    stranger.sign_up(email="eve@example.com")
    browser.sign_out()
    assert other.is_signed_in
    assert stranger.is_signed_in


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "same-origin"}])
def test_a_stranger_has_nothing_to_sign_out_of(browser, headers):
    assert browser.get("/sign-out").location == "http://localhost/sign-in?next=%2Fsign-out"
    page = browser.app.post("/sign-out", headers=headers, status=403)
    assert page.html.h1.get_text(strip=True) == "You're not signed in"
    assert "Clear-Site-Data" not in page.headers
