"""`/confirm-password`: pages that require re-authentication."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
from webtest import TestApp

from authsite.accounts.session_secrets import PREVIOUS_SECRET_LIFETIME
from authsite.models import User, UserSession
from tests.browsers import PASSWORD, Browser
from tests.functional.cookies import SESSION, cookies_of, lasts, plant
from tests.functional.protected_pages import (
    HERE,
    MEANWHILE,
    SENT,
    UNSAFE_URLS,
    arrived,
    confirm,
    send,
)
from tests.functional.reading import description_of, input_of

TEN_MINUTES = timedelta(minutes=10)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def ada(visitor, let_time_pass):
    """The browser of a user who has signed in fifteen minutes ago."""
    visitor.sign_up()
    let_time_pass(timedelta(minutes=15))
    return visitor


@pytest.mark.asvs("7.5.1", "7.5.3")
@pytest.mark.parametrize("age", [MINUTE * 0, MINUTE * 9])
def test_recently_authenticated_user_is_not_prompted(visitor, let_time_pass, age):
    visitor.sign_up()
    let_time_pass(age)
    assert visitor.get("/protected").text == "gold"
    assert arrived(send(visitor)) == list(SENT.items())


@pytest.mark.asvs("7.5.1", "7.5.3")
def test_user_is_prompted_after_ten_minutes_and_returns(visitor, let_time_pass):
    visitor.sign_up()
    let_time_pass(TEN_MINUTES)
    for method in (visitor.app.head, visitor.app.get):
        redirect = method("/protected?room=a%26b", status=303)
        path = "/confirm-password?next=%2Fprotected%3Froom%3Da%2526b"
        assert redirect.location == f"http://localhost{path}"
    visitor.app.head(path, status=200)
    page = redirect.follow(status=200)
    assert "kept what you entered" not in page
    assert page.click("Forgot your password?").request.path == "/forgot-password"
    answer = confirm(page)
    assert (answer.status_int, answer.location) == (303, "http://localhost/protected?room=a%26b")
    assert answer.follow().text == "gold"
    assert arrived(send(visitor)) == list(SENT.items())
    let_time_pass(TEN_MINUTES)
    visitor.get("/protected", status=303)


def test_reauthentication_lifetime_is_a_setting(new_protected_app, services, let_time_pass):
    browser = Browser(
        TestApp(new_protected_app(**{"authsite.session.reauthentication_lifetime": "1h"}))
    )
    browser.sign_up()
    let_time_pass(MINUTE * 59)
    browser.get("/protected", status=200)
    let_time_pass(MINUTE)
    browser.get("/protected", status=303)


def test_page_names_the_user_for_password_managers(ada):
    page = ada.get("/confirm-password")
    name = page.html.main.find("input", attrs={"autocomplete": "username"})
    assert name["value"] == "ada@example.com"
    assert name.has_attr("hidden")
    assert not name.has_attr("name")
    assert input_of(page, "current_password")["autocomplete"] == "current-password"


def test_wrong_password_keeps_the_return_url(ada):
    page = confirm(ada.get("/protected").follow(), "not that one")
    assert "Incorrect password." in description_of(page, "current_password")
    assert confirm(page).location == "http://localhost/protected"


@pytest.mark.asvs("1.2.2")
@pytest.mark.parametrize("place", [*UNSAFE_URLS, None])
def test_confirmation_never_redirects_to_another_site(ada, place):
    query = "" if place is None else f"?{urlencode({'next': place})}"
    page = ada.get(f"/confirm-password{query}")
    assert page.html.main.form["action"] == "/confirm-password"
    answer = confirm(page)
    assert (answer.status_int, answer.location) == (303, "http://localhost/account")


def test_anonymous_visitor_is_redirected_to_sign_in(visitor):
    assert visitor.get("/protected").location == "http://localhost/sign-in?next=%2Fprotected"
    answer = send_anonymously(visitor, "/protected")
    assert "not signed in" in answer.html.main.get_text()


def send_anonymously(browser, path):
    """Send a form with the token of an anonymous visitor."""
    page = browser.get("/sign-in")
    token = page.html.main.find(attrs={"name": "csrf_token"})["value"]
    return browser.app.post(path, {"csrf_token": token}, headers=HERE, status=403)


def test_public_view_with_confirm_password_refuses_visitors(visitor, let_time_pass):
    assert visitor.get("/careless").location == "http://localhost/sign-in?next=%2Fcareless"
    assert "not signed in" in send_anonymously(visitor, "/careless").html.main.get_text()
    visitor.sign_up()
    assert arrived(send(visitor, path="/careless")) == list(SENT.items())


def test_page_without_the_option_does_not_prompt(ada):
    assert arrived(send(ada, path="/open")) == list(SENT.items())


def test_prompt_is_not_cached(ada):
    for answer in (ada.get("/cached"), send(ada, path="/cached")):
        assert answer.status_int in {303, 403}
        assert answer.headers.getall("Cache-Control") == ["no-store"]


def session_row(dbsession):
    """Return the only session."""
    dbsession.expire_all()
    return dbsession.scalars(sa.select(UserSession)).one()


@pytest.mark.asvs("7.2.4")
def test_confirmation_rotates_the_session_secret(ada, new_browser, dbsession, let_time_pass):
    previous, before = ada.cookie, session_row(dbsession).expires_at
    other_tab = ada.get("/account")
    answer = confirm(ada.get("/confirm-password"))
    assert ada.cookie.partition(".")[0] == previous.partition(".")[0]
    assert ada.cookie != previous
    assert lasts(cookies_of(answer)["authsite_session"], timedelta(days=30))
    assert session_row(dbsession).expires_at == before
    attacker = new_browser()
    plant(attacker, "authsite_session", previous)
    let_time_pass(PREVIOUS_SECRET_LIFETIME)
    assert not attacker.is_signed_in
    assert ada.submit(other_tab, {"first_name": "Augusta"}).status_int == 303


def test_wrong_password_keeps_the_session_cookie(ada):
    answer = confirm(ada.get("/confirm-password"), "not that one")
    assert "authsite_session" not in cookies_of(answer)
    assert ada.is_signed_in


def test_public_computer_cookie_stays_a_session_cookie(protected_app, ada, let_time_pass):
    library = Browser(TestApp(protected_app))
    typed = {"email": "ada@example.com", "password": PASSWORD, "public_computer": True}
    library.submit(library.get("/sign-in"), typed)
    let_time_pass(TEN_MINUTES)
    cookies = cookies_of(confirm(library.get("/protected").follow()))
    assert (cookies["authsite_session"]["max-age"], cookies["authsite_session"]["expires"]) == (
        "",
        "",
    )
    assert "authsite_device" not in cookies
    assert library.get("/protected").text == "gold"


@pytest.mark.asvs("8.2.2")
def test_password_of_another_user_confirms_nothing(ada, protected_app):
    eve = Browser(TestApp(protected_app))
    eve.sign_up(email="eve@example.com", password="nine purple yaks waltz")
    page = ada.get("/confirm-password")
    assert confirm(page, "nine purple yaks waltz").status_int == 422
    swapped = {MEANWHILE: "emails change"}
    assert confirm(page, "nine purple yaks waltz", **swapped).status_int == 422
    assert ada.get("/protected").status_int == 303


def test_session_ended_meanwhile_is_anonymous(ada, dbsession):
    answer = confirm(ada.get("/confirm-password"), **{MEANWHILE: "sessions end"})
    assert answer.status_int == 403
    assert "not signed in" in answer.html.main.get_text()
    assert answer.html.nav.find("a", href="/sign-in")
    assert not ada.is_signed_in
    assert dbsession.scalars(sa.select(UserSession)).all() == []


def test_second_click_does_not_sign_out(ada, protected_app, let_time_pass):
    """The browser drops the first answer with the new secret and waits for the second."""
    page, first_click = ada.get("/protected").follow(), Browser(TestApp(protected_app))
    plant(first_click, SESSION, ada.cookie)
    assert confirm(first_click.get("/confirm-password")).status_int == 303
    assert confirm(page).follow().text == "gold"
    let_time_pass(PREVIOUS_SECRET_LIFETIME)
    assert ada.is_signed_in


@pytest.mark.asvs("11.2.2")
def test_outdated_hash_is_replaced_and_device_recognized(ada, new_protected_app, dbsession):
    before = dbsession.scalar(sa.select(User.password_hash))
    later = Browser(TestApp(new_protected_app(**{"authsite.passwords.time_cost": "2"})))
    later.app.cookiejar = ada.app.cookiejar
    answer = confirm(later.get("/protected").follow())
    assert "authsite_device" in cookies_of(answer)
    dbsession.rollback()
    renewed = dbsession.scalar(sa.select(User.password_hash))
    assert "t=2" in renewed
    assert before != renewed
    attacker = Browser(TestApp(later.app.app))
    for _ in range(11):
        attacker.sign_in(password="not that one")
    later.sign_out()
    assert later.sign_in().status_int == 303
