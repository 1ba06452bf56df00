"""The cookies of the site: their attributes, and which values are accepted."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.models import UserSession
from authsite.tokens import SessionToken
from tests.functional.cookies import SESSION, cookies_of, is_blanked, lasts, plant
from tests.functional.reading import rows_of, status_of

SITE = "https://accounts.example.com"
HTTPS = {"HTTP_HOST": "accounts.example.com", "wsgi.url_scheme": "https"}
DAY = timedelta(days=1)


@pytest.mark.asvs("3.3.2", "3.3.4")
def test_http_cookie_is_httponly_and_lax(browser):
    cookie = cookies_of(browser.sign_up())["authsite_session"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == "/"
    assert not cookie["domain"]
    assert lasts(cookie, 30 * DAY)


@pytest.mark.asvs("3.3.1", "3.3.2", "3.3.3", "3.3.5")
def test_https_cookies_are_secure_and_host_only(new_site):
    _, browser = new_site({"authsite.site.url": SITE}, **HTTPS)
    answers = [browser.get("/sign-in"), browser.sign_up(), browser.sign_out()]
    cookies = [cookies_of(each) for each in answers]
    assert set().union(*cookies) == {
        f"__Host-authsite_{name}" for name in ("form", "session", "device", "flash")
    }
    for name, cookie in (pair for each in cookies for pair in each.items()):
        assert cookie["secure"], name
        assert cookie["httponly"], name
        assert (cookie["samesite"], cookie["path"], cookie["domain"]) == ("Lax", "/", ""), name
        assert len(cookie.OutputString()) < 4096


@pytest.mark.asvs("3.3.3")
def test_https_ignores_a_cookie_without_the_prefix(new_site):
    _, browser = new_site({"authsite.site.url": SITE}, **HTTPS)
    browser.sign_up()
    value = browser.app.cookies["__Host-authsite_session"]
    browser.app.reset()
    answer = browser.get("/dashboard", headers={"Cookie": f"authsite_session={value}"})
    assert answer.status_int == 303
    assert (
        browser.get("/dashboard", headers={"Cookie": f"__Host-authsite_session={value}"}).status_int
        == 200
    )


@pytest.mark.asvs("7.2.3", "14.2.4")
def test_session_secret_is_stored_as_a_digest(browser, dbsession):
    browser.sign_up()
    row = dbsession.scalars(sa.select(UserSession)).one()
    token = SessionToken.parse(browser.cookie)
    assert (token.id, token.digest) == (row.id, row.secret_digest)
    assert token.secret.encode() not in row.secret_digest


def forged(cookie):
    """Yield invalid cookies: unknown or malformed ones."""
    token = SessionToken.parse(cookie)
    yield str(SessionToken(SessionToken.new().id, token.secret))
    yield str(SessionToken.new())
    yield from (
        token.id,
        f"{token.id}.",
        f".{token.secret}",
        f"{token}x",
        f"{token}.x",
        f"x{token}",
    )
    yield from (cookie.swapcase(), f"{token.id}.{token.secret[:-1]}", f'"{token}"', f"{token}=")
    yield from ("x", "null", "' OR 1=1 --", "A" * 4000, "%00", "\xe4", "gASVBQAAAAAAAACMAXiULg==")


@pytest.mark.asvs("7.2.1", "11.2.4")
def test_invalid_session_cookie_is_anonymous_and_deleted(browser, new_browser, services):
    browser.sign_up()
    before = rows_of(services)
    for value in forged(browser.cookie):
        answer = new_browser().get(
            "/dashboard", headers={"Cookie": f"authsite_session={value}"}, status=303
        )
        assert is_blanked(answer), value
        answer = new_browser().get("/", headers={"Cookie": f"authsite_session={value}"}, status=200)
        assert "Ada" not in answer, value
        assert is_blanked(answer), value
    assert rows_of(services) == before
    assert browser.is_signed_in


@pytest.mark.asvs("7.2.1", "11.2.4")
def test_wrong_secret_is_anonymous_and_kept(browser, new_browser):
    """The session lives: another tab may have a newer secret, which the answer must not delete."""
    browser.sign_up()
    wrong = str(SessionToken.for_session(SessionToken.parse(browser.cookie).id))
    stray = new_browser()
    plant(stray, SESSION, wrong)
    stray.get("/dashboard", status=303)
    assert "Ada" not in stray.get("/", status=200)
    assert stray.cookie == wrong
    browser.sign_out()
    stray.get("/")
    assert stray.cookie is None


@pytest.mark.asvs("3.3.3")
@pytest.mark.parametrize(
    "second",
    [
        "authsite_session=x",
        "authsite_session=",
        "authsite_session={0}",
        "authsite_session",
        " authsite_session =x",
    ],
)
def test_two_session_cookies_are_both_refused(browser, new_browser, second):
    browser.sign_up()
    ours, other = f"authsite_session={browser.cookie}", second.format(browser.cookie)
    for header in (f"{ours}; {other}", f"{other}; {ours}", f"{ours};{other};a=b"):
        answer = new_browser().get("/dashboard", headers={"Cookie": header}, status=303)
        assert SESSION not in cookies_of(answer)


def test_unrelated_cookies_are_ignored(browser, new_browser):
    browser.sign_up()
    header = f"{SESSION}x=1; x{SESSION}=2; a={SESSION}; {SESSION}={browser.cookie}; b"
    assert new_browser().get("/dashboard", headers={"Cookie": header}).status_int == 200


@pytest.mark.parametrize("planted", ["x", "", "<b>x</b>", "name-saved; authsite_flash=signed-out"])
def test_planted_flash_cookie_shows_no_message(browser, planted):
    answer = browser.get("/", headers={"Cookie": f"authsite_flash={planted}"})
    assert status_of(answer) is None
    assert "authsite_flash=; Max-Age=0" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize("name", ["session", "form", "device", "flash", "sid"])
def test_cookies_of_another_application_do_no_harm(browser, name):
    """An application on another port of the same host, on plain http."""
    plant(browser, name, "theirs")
    browser.sign_up()
    browser.sign_out()
    browser.sign_in()
    assert browser.is_signed_in
    assert browser.app.cookies[name] == "theirs"


def test_name_of_the_session_cookie_is_a_setting(new_site):
    _, browser = new_site({"authsite.session.cookie_name": "sid"})
    assert "sid" in cookies_of(browser.sign_up())
    assert browser.is_signed_in
    browser.sign_out()
    assert not browser.is_signed_in


def test_all_cookies_begin_with_the_name_of_the_package(browser):
    for answer in (browser.get("/sign-in"), browser.sign_up(), browser.sign_out()):
        assert all(name.startswith("authsite_") for name in cookies_of(answer))
    assert set(browser.app.cookies) >= {"authsite_device", "authsite_flash"}
