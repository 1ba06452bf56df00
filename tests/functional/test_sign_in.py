"""`/sign-in`: signing in with email and password."""

import unicodedata
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa

from authsite.models import User
from authsite.passwords.hasher import PasswordHasher
from tests.browsers import PASSWORD
from tests.functional.reading import alert_of, description_of, form_of, input_of, is_marked, rows_of

WRONG = "Incorrect email or password."
DASHBOARD = "http://localhost/dashboard"
UNSAFE_URLS = [
    "//evil.test",
    "///evil.test",
    "/\\evil.test",
    "\\\\evil.test",
    "https://evil.test",
    "http:evil.test",
    "javascript:alert(1)",
    "data:text/html,x",
    "evil.test",
    "account",
    "",
    " /account",
    "/account\r\nSet-Cookie: a=b",
    "/account\x00",
    "/\t/evil.test",
    "/./evil.test",
    "/../evil.test",
    "/account//x",
    "/account#x",
    "/ä",
    "/" + "x" * 2000,
    "@evil.test",
    "http://localhost/account",
]


@pytest.fixture
def ada(new_browser):
    """The browser of a user who is signed in elsewhere."""
    browser = new_browser()
    browser.sign_up()
    return browser


@pytest.mark.parametrize("typed", ["ada@example.com", " ADA@Example.com "])
def test_sign_in_starts_a_session(ada, browser, typed):
    answer = browser.sign_in(typed)
    assert (answer.status_int, answer.location) == (303, DASHBOARD)
    assert browser.is_signed_in
    assert browser.cookie != ada.cookie
    assert ada.is_signed_in


@pytest.mark.asvs("6.2.10")
def test_password_does_not_expire(ada, browser, dbsession):
    dbsession.execute(sa.update(User).values(created_at=datetime(2000, 1, 1, tzinfo=UTC)))
    dbsession.commit()
    assert browser.sign_in().location == DASHBOARD
    assert browser.is_signed_in


def test_password_is_normalized_before_comparison(new_browser):
    composed = "crème brûlée à volonté"
    new_browser().sign_up(password=composed)
    assert new_browser().sign_in(password=unicodedata.normalize("NFD", composed)).status_int == 303


@pytest.mark.asvs("6.3.8")
@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("ada@example.com", f"{PASSWORD} "),
        ("ada@example.com", PASSWORD.upper()),
        ("eve@example.com", PASSWORD),
        ("no address", PASSWORD),
        ("ada@example.com, eve@example.com", PASSWORD),
    ],
)
def test_failed_sign_ins_show_the_same_error(ada, browser, email, password):
    page = browser.sign_in(email, password)
    assert page.status_int == 422
    assert alert_of(page) == WRONG
    assert WRONG in description_of(page, "email")
    assert WRONG in description_of(page, "password")
    assert input_of(page, "email")["value"] == email
    assert not input_of(page, "password").get("value")
    assert password not in page
    assert not browser.is_signed_in


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("email", "", "Enter your email."),
        ("email", f"{'x' * 243}@example.com", "Use at most 254 characters."),
        ("email", "a\x00da@example.com", "Remove the control character after “a”."),
        ("email", "a\ufffdda@example.com", "Remove the unreadable character after “a”."),
        ("password", "", "Enter your password."),
        ("password", "x" * 257, "Use at most 256 characters."),
        ("password", f"{PASSWORD}\x00", "Remove the control character at position 23."),
        ("password", f"{PASSWORD}\ufffd", "Remove the unreadable character at position 23."),
    ],
)
def test_invalid_input_is_explained_at_its_field(ada, browser, field, value, message):
    page = browser.sign_in(**{field: value})
    assert page.status_int == 422
    assert message in description_of(page, field)
    assert is_marked(page, field)
    assert browser.cookie is None


@pytest.mark.parametrize("path", ["/account", "/dashboard?a=b&c=%2F", "/account/nothing-here"])
def test_sign_in_returns_to_the_requested_page(ada, browser, path):
    redirect = browser.get(path)
    assert redirect.status_int == 303
    page = redirect.follow()
    assert "Sign in to continue." in page
    page = browser.submit(page, {"email": "ada@example.com", "password": "wrong"})
    answer = browser.submit(page, {"email": "ada@example.com", "password": PASSWORD})
    assert (answer.status_int, answer.location) == (303, f"http://localhost{path}")


@pytest.mark.asvs("1.2.2", "3.7.2")
@pytest.mark.parametrize("path", UNSAFE_URLS)
@pytest.mark.one_database
def test_sign_in_never_redirects_to_another_site(ada, browser, path):
    page = browser.get(f"/sign-in?{urlencode({'next': path})}")
    assert not input_of(page, "next").get("value")
    assert "Sign in to continue." not in page
    form = form_of(page)
    form["next"].force_value(path)
    answer = browser.submit(page, {"email": "ada@example.com", "password": PASSWORD})
    assert (answer.status_int, answer.location) == (303, DASHBOARD)


@pytest.mark.asvs("1.1.1")
def test_next_url_is_decoded_once(ada, browser):
    answer = browser.sign_in(at="/sign-in?next=/%252f%252fevil.test")
    assert answer.location == "http://localhost/%2f%2fevil.test"


def test_signed_in_user_is_sent_to_the_dashboard(ada, services):
    """A form left open while the user signed in in another window changes nothing."""
    before = rows_of(services)
    assert ada.get("/sign-in").location == DASHBOARD
    typed = {"email": "ada@example.com", "password": PASSWORD}
    answer = ada.app.post("/sign-in", typed, headers={"Sec-Fetch-Site": "same-origin"})
    assert (answer.status_int, answer.location) == (303, DASHBOARD)
    assert rows_of(services) == before


@pytest.mark.asvs("11.2.2")
def test_sign_in_replaces_an_outdated_hash(ada, new_browser, dbsession):
    outdated = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash(PASSWORD)
    dbsession.execute(sa.update(User).values(password_hash=outdated))
    dbsession.commit()
    assert new_browser().sign_in(password="wrong").status_int == 422
    assert dbsession.scalar(sa.select(User.password_hash)) == outdated
    dbsession.commit()
    assert new_browser().sign_in().status_int == 303
    renewed = dbsession.scalar(sa.select(User.password_hash))
    assert "$m=8,t=1,p=1$" in renewed
    dbsession.commit()
    assert new_browser().sign_in().status_int == 303
    assert dbsession.scalar(sa.select(User.password_hash)) == renewed
