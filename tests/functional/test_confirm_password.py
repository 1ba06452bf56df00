"""`/confirm-password`: pages that ask for the password again, and lose nothing by it."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
from webtest import TestApp

from authsite.models import User, UserSession
from tests.browsers import PASSWORD, Browser
from tests.functional.cookies import cookies_of, lasts, plant
from tests.functional.reading import input_of, said_beside
from tests.functional.vault import FOREIGN, HERE, MEANWHILE, SENT, arrived, confirm, send

TEN_MINUTES = timedelta(minutes=10)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def ada(visitor, let_time_pass):
    """Someone who has signed in a quarter of an hour ago."""
    visitor.sign_up()
    let_time_pass(timedelta(minutes=15))
    return visitor


@pytest.mark.asvs("7.5.1", "7.5.3")
@pytest.mark.parametrize("age", [MINUTE * 0, MINUTE * 9])
def test_who_has_typed_the_password_lately_is_not_asked(visitor, let_time_pass, age):
    visitor.sign_up()
    let_time_pass(age)
    assert visitor.get("/vault").text == "gold"
    assert arrived(send(visitor)) == list(SENT.items())


@pytest.mark.asvs("7.5.1", "7.5.3")
def test_ten_minutes_later_one_is_asked_once_and_comes_back(visitor, let_time_pass):
    visitor.sign_up()
    let_time_pass(TEN_MINUTES)
    for ask in (visitor.app.head, visitor.app.get):
        sent = ask("/vault?room=a%26b", status=303)
        where = "/confirm-password?next=%2Fvault%3Froom%3Da%2526b"
        assert sent.location == f"http://localhost{where}"
    visitor.app.head(where, status=200)
    page = sent.follow(status=200)
    assert "kept what you entered" not in page
    answer = confirm(page)
    assert (answer.status_int, answer.location) == (303, "http://localhost/vault?room=a%26b")
    assert answer.follow().text == "gold"
    assert arrived(send(visitor)) == list(SENT.items())
    let_time_pass(TEN_MINUTES)
    visitor.get("/vault", status=303)


def test_how_long_a_password_counts_is_a_setting(new_vault, services, let_time_pass):
    browser = Browser(TestApp(new_vault(**{"authsite.session.reauthentication_lifetime": "1h"})))
    browser.sign_up()
    let_time_pass(MINUTE * 59)
    browser.get("/vault", status=200)
    let_time_pass(MINUTE)
    browser.get("/vault", status=303)


def test_the_page_tells_password_managers_whose_password_it_wants(ada):
    page = ada.get("/confirm-password")
    name = page.html.main.find("input", attrs={"autocomplete": "username"})
    assert name["value"] == "ada@example.com"
    assert name.has_attr("hidden")
    assert not name.has_attr("name")
    assert input_of(page, "current_password")["autocomplete"] == "current-password"


def test_who_comes_by_a_link_and_mistypes_still_comes_back(ada):
    page = confirm(ada.get("/vault").follow(), "not that one")
    assert "Incorrect password." in said_beside(page, "current_password")
    assert confirm(page).location == "http://localhost/vault"


@pytest.mark.asvs("1.2.2")
@pytest.mark.parametrize("place", [*FOREIGN, None])
def test_confirmation_never_redirects_to_another_site(ada, place):
    query = "" if place is None else f"?{urlencode({'next': place})}"
    page = ada.get(f"/confirm-password{query}")
    assert page.html.main.form["action"] == "/confirm-password"
    answer = confirm(page)
    assert (answer.status_int, answer.location) == (303, "http://localhost/account")


def test_strangers_are_sent_to_sign_in_as_ever(visitor):
    assert visitor.get("/vault").location == "http://localhost/sign-in?next=%2Fvault"
    answer = send_as_stranger(visitor, "/vault")
    assert "not signed in" in answer.html.main.get_text()


def send_as_stranger(browser, path):
    """Send a form with the token of a stranger."""
    page = browser.get("/sign-in")
    token = page.html.main.find(attrs={"name": "csrf_token"})["value"]
    return browser.app.post(path, {"csrf_token": token}, headers=HERE, status=403)


def test_a_page_that_forgot_its_permission_lets_no_stranger_in(visitor, let_time_pass):
    assert visitor.get("/careless").location == "http://localhost/sign-in?next=%2Fcareless"
    assert "not signed in" in send_as_stranger(visitor, "/careless").html.main.get_text()
    visitor.sign_up()
    assert arrived(send(visitor, path="/careless")) == list(SENT.items())


def test_a_page_without_the_option_asks_nothing(ada):
    assert arrived(send(ada, path="/open")) == list(SENT.items())


def test_the_question_is_not_cached_with_the_page(ada):
    for answer in (ada.get("/cached"), send(ada, path="/cached")):
        assert answer.status_int in {303, 403}
        assert answer.headers.getall("Cache-Control") == ["no-store"]


def get_session(dbsession):
    """Return the one row of a session."""
    dbsession.expire_all()
    return dbsession.scalars(sa.select(UserSession)).one()


@pytest.mark.asvs("7.2.4")
def test_the_session_gets_another_secret_and_keeps_its_id(ada, new_browser, dbsession):
    former, before = ada.cookie, get_session(dbsession).expires_at
    other_tab = ada.get("/account")
    answer = confirm(ada.get("/confirm-password"))
    assert ada.cookie.partition(".")[0] == former.partition(".")[0]
    assert ada.cookie != former
    assert lasts(cookies_of(answer)["session"], timedelta(days=30))
    assert get_session(dbsession).expires_at == before
    thief = new_browser()
    plant(thief, "session", former)
    assert not thief.is_signed_in
    assert ada.submit(other_tab, {"first_name": "Augusta"}).status_int == 303


def test_a_mistake_leaves_the_cookie_alone(ada):
    answer = confirm(ada.get("/confirm-password"), "not that one")
    assert "session" not in cookies_of(answer)
    assert ada.is_signed_in


def test_on_a_public_computer_the_cookie_still_goes_with_the_browser(vault, ada, let_time_pass):
    library = Browser(TestApp(vault))
    typed = {"email": "ada@example.com", "password": PASSWORD, "public_computer": True}
    library.submit(library.get("/sign-in"), typed)
    let_time_pass(TEN_MINUTES)
    cookies = cookies_of(confirm(library.get("/vault").follow()))
    assert (cookies["session"]["max-age"], cookies["session"]["expires"]) == ("", "")
    assert "device" not in cookies
    assert library.get("/vault").text == "gold"


@pytest.mark.asvs("8.2.2")
def test_password_of_another_user_confirms_nothing(ada, vault):
    eve = Browser(TestApp(vault))
    eve.sign_up(email="eve@example.com", password="nine purple yaks waltz")
    page = ada.get("/confirm-password")
    assert confirm(page, "nine purple yaks waltz").status_int == 422
    swapped = {MEANWHILE: "addresses change"}
    assert confirm(page, "nine purple yaks waltz", **swapped).status_int == 422
    assert ada.get("/vault").status_int == 303


def test_whose_session_has_ended_meanwhile_is_a_stranger(ada, dbsession):
    answer = confirm(ada.get("/confirm-password"), **{MEANWHILE: "sessions end"})
    assert answer.status_int == 403
    assert "not signed in" in answer.html.main.get_text()
    assert answer.html.nav.find("a", href="/sign-in")
    assert not ada.is_signed_in
    assert dbsession.scalars(sa.select(UserSession)).all() == []


def test_a_button_that_is_pressed_twice_signs_nobody_out(ada):
    """The browser forgets the first answer, with the secret in it, and waits for the second."""
    answer = confirm(ada.get("/vault").follow(), **{MEANWHILE: "secrets change"})
    assert answer.follow().text == "gold"


@pytest.mark.asvs("11.2.2")
def test_an_outdated_hash_is_renewed_and_the_browser_still_known(ada, new_vault, dbsession):
    before = dbsession.scalar(sa.select(User.password_hash))
    later = Browser(TestApp(new_vault(**{"authsite.passwords.time_cost": "2"})))
    later.app.cookiejar = ada.app.cookiejar
    answer = confirm(later.get("/vault").follow())
    assert "device" in cookies_of(answer)
    dbsession.rollback()
    renewed = dbsession.scalar(sa.select(User.password_hash))
    assert "t=2" in renewed
    assert before != renewed
    stranger = Browser(TestApp(later.app.app))
    for _ in range(11):
        stranger.sign_in(password="not that one")
    later.sign_out()
    assert later.sign_in().status_int == 303
