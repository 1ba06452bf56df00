"""*This is a public computer*: the session is short and ends with the browser."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from authsite.models import UserSession
from tests.browsers import PASSWORD
from tests.functional.cookies import cookies_of, is_blanked, lasts
from tests.functional.reading import description_of, input_of

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def sign_in(browser, **values):
    typed = {"email": "ada@example.com", "password": PASSWORD, "public_computer": True} | values
    return browser.submit(browser.get("/sign-in"), typed)


@pytest.fixture
def ada(new_browser):
    """The browser of a user at home."""
    browser = new_browser()
    browser.sign_up()
    return browser


@pytest.fixture
def library(ada, browser):
    """A public browser in which the user is signed in."""
    assert sign_in(browser).status_int == 303
    return browser


def test_checkbox_is_explained_and_not_checked(browser):
    page = browser.get("/sign-in")
    box = input_of(page, "public_computer")
    assert box["type"] == "checkbox"
    assert not box.has_attr("checked")
    assert page.html.find("label", attrs={"for": box["id"]}).text == "This is a public computer"
    assert "sign you out when you close the browser" in description_of(page, "public_computer")


def test_checkbox_stays_checked_after_a_mistake(ada, browser):
    assert input_of(sign_in(browser, password="wrong"), "public_computer").has_attr("checked")
    assert not input_of(browser.sign_in(password="wrong"), "public_computer").has_attr("checked")


@pytest.mark.asvs("7.1.1")
def test_session_cookie_ends_with_the_browser(ada, browser):
    cookie = cookies_of(sign_in(browser))["authsite_session"]
    assert (cookie["max-age"], cookie["expires"]) == ("", "")
    assert cookie["httponly"]


def test_sign_out_leaves_only_the_flash_cookie(ada, browser):
    assert "authsite_device" not in cookies_of(sign_in(browser))
    browser.sign_out()
    assert set(browser.app.cookies) == {"authsite_flash"}


@pytest.mark.asvs("7.3.1")
def test_session_ends_after_fifteen_idle_minutes(library, ada, let_time_pass):
    let_time_pass(14 * MINUTE)
    assert library.is_signed_in
    let_time_pass(15 * MINUTE)
    assert is_blanked(library.get("/dashboard", status=303))
    assert ada.is_signed_in


@pytest.mark.asvs("7.3.2")
def test_session_ends_after_twelve_hours(library, let_time_pass):
    for _ in range(71):
        let_time_pass(10 * MINUTE)
        answer = library.get("/dashboard", status=200)
        assert "Set-Cookie" not in answer.headers
    let_time_pass(10 * MINUTE)
    assert is_blanked(library.get("/dashboard", status=303))


def test_session_is_refreshed_once_a_minute(library, dbsession, let_time_pass):
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


def test_shorter_refresh_interval_applies(ada, new_site, let_time_pass):
    _, browser = new_site({"authsite.session.refresh_interval": "10s"})
    sign_in(browser)
    for _ in range(3):
        let_time_pass(timedelta(minutes=14, seconds=50))
        assert browser.is_signed_in
        let_time_pass(timedelta(seconds=11))
        assert browser.is_signed_in


def test_next_sign_in_has_the_usual_lifetime(library):
    library.sign_out()
    assert lasts(cookies_of(library.sign_in())["authsite_session"], 30 * DAY)


def test_both_timeouts_are_settings(ada, new_site, let_time_pass):
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
