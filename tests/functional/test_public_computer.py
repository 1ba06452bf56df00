"""*This is a public computer*: a session that is short, and ends with the browser."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from authsite.models import UserSession
from tests.browsers import PASSWORD
from tests.functional.cookies import cookies_of, is_blanked, lasts
from tests.functional.reading import input_of, said_beside

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def sign_in(browser, **values):
    typed = {"email": "ada@example.com", "password": PASSWORD, "public_computer": True} | values
    return browser.submit(browser.get("/sign-in"), typed)


@pytest.fixture
def ada(new_browser):
    """Someone who has an account, and is signed in at home."""
    browser = new_browser()
    browser.sign_up()
    return browser


@pytest.fixture
def library(ada, browser):
    """A browser that belongs to everybody, in which she is signed in."""
    assert sign_in(browser).status_int == 303
    return browser


def test_the_box_is_there_explained_and_not_ticked(browser):
    page = browser.get("/sign-in")
    box = input_of(page, "public_computer")
    assert box["type"] == "checkbox"
    assert not box.has_attr("checked")
    assert page.html.find("label", attrs={"for": box["id"]}).text == "This is a public computer"
    assert "sign you out when you close the browser" in said_beside(page, "public_computer")


def test_what_was_ticked_stays_ticked_after_a_mistake(ada, browser):
    assert input_of(sign_in(browser, password="wrong"), "public_computer").has_attr("checked")
    assert not input_of(browser.sign_in(password="wrong"), "public_computer").has_attr("checked")


@pytest.mark.asvs("7.1.1")
def test_the_cookie_goes_with_the_browser(ada, browser):
    cookie = cookies_of(sign_in(browser))["session"]
    assert (cookie["max-age"], cookie["expires"]) == ("", "")
    assert cookie["httponly"]


def test_nothing_tells_the_next_person_who_was_here(ada, browser):
    assert "device" not in cookies_of(sign_in(browser))
    browser.sign_out()
    assert set(browser.app.cookies) == {"flash"}


@pytest.mark.asvs("7.3.1")
def test_it_ends_after_a_quarter_of_an_hour_without_a_visit(library, ada, let_time_pass):
    let_time_pass(14 * MINUTE)
    assert library.is_signed_in
    let_time_pass(15 * MINUTE)
    assert is_blanked(library.get("/dashboard", status=303))
    assert ada.is_signed_in


@pytest.mark.asvs("7.3.2")
def test_it_ends_after_half_a_day_however_busy(library, let_time_pass):
    for _ in range(71):
        let_time_pass(10 * MINUTE)
        answer = library.get("/dashboard", status=200)
        assert "Set-Cookie" not in answer.headers
    let_time_pass(10 * MINUTE)
    assert is_blanked(library.get("/dashboard", status=303))


def test_a_visit_is_written_down_once_in_a_minute(library, dbsession, let_time_pass):
    def expiry():
        dbsession.commit()
        rows = dbsession.scalars(
            sa.select(UserSession.expires_at).where(UserSession.public_computer)
        )
        return rows.one()

    let_time_pass(MINUTE / 2)
    before = expiry()
    library.get("/dashboard")
    assert expiry() == before
    let_time_pass(MINUTE)
    library.get("/dashboard")
    assert timedelta(0) <= datetime.now(UTC) + 15 * MINUTE - expiry() < MINUTE


def test_where_visits_are_written_down_often_they_are_here_too(ada, new_site, let_time_pass):
    _, browser = new_site({"authsite.session.refresh_interval": "10s"})
    sign_in(browser)
    for _ in range(3):
        let_time_pass(timedelta(minutes=14, seconds=50))
        assert browser.is_signed_in
        let_time_pass(timedelta(seconds=11))
        assert browser.is_signed_in


def test_the_next_sign_in_is_as_long_as_ever(library):
    library.sign_out()
    assert lasts(cookies_of(library.sign_in())["session"], 30 * DAY)


def test_both_limits_are_settings(ada, new_site, let_time_pass):
    settings = {
        "authsite.session.public_idle_timeout": "5m",
        "authsite.session.public_absolute_timeout": "8m",
    }
    _, browser = new_site(settings)
    sign_in(browser)
    let_time_pass(4 * MINUTE)
    assert browser.is_signed_in
    let_time_pass(3 * MINUTE)
    assert browser.is_signed_in
    let_time_pass(MINUTE)
    assert not browser.is_signed_in
