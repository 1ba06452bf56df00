"""How sessions start, are refreshed and end."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from authsite.models import UserSession
from authsite.tokens import SessionToken
from tests.browsers import PASSWORD
from tests.functional.cookies import cookies_of, is_blanked, lasts, plant
from tests.functional.reading import form_of, rows_of

SITE = "https://accounts.example.com"
HTTPS = {"HTTP_HOST": "accounts.example.com", "wsgi.url_scheme": "https"}
DAY = timedelta(days=1)


@pytest.mark.asvs("7.3.1")
def test_session_ends_at_its_idle_timeout(browser, let_time_pass):
    browser.sign_up()
    let_time_pass(30 * DAY)
    answer = browser.get("/dashboard")
    assert answer.status_int == 303
    assert is_blanked(answer)
    assert browser.cookie is None


@pytest.mark.asvs("7.3.2")
def test_visits_extend_the_session_to_its_absolute_timeout(browser, let_time_pass):
    browser.sign_up()
    for days in (30, 30, 30, 10):
        let_time_pass(20 * DAY)
        answer = browser.get("/dashboard", status=200)
        assert lasts(cookies_of(answer)["authsite_session"], days * DAY)
    let_time_pass(10 * DAY)
    assert is_blanked(browser.get("/dashboard", status=303))


def test_session_is_refreshed_once_an_hour(browser, dbsession, let_time_pass):
    browser.sign_up()
    let_time_pass(timedelta(minutes=59))
    before = dbsession.scalar(sa.select(UserSession.last_seen_at))
    dbsession.commit()
    assert "Set-Cookie" not in browser.get("/dashboard").headers
    assert dbsession.scalar(sa.select(UserSession.last_seen_at)) == before
    dbsession.commit()
    let_time_pass(timedelta(minutes=1))
    cookie, answer = browser.cookie, browser.get("/dashboard")
    assert cookies_of(answer)["authsite_session"].value == cookie
    row = dbsession.scalars(sa.select(UserSession)).one()
    assert datetime.now(UTC) - row.last_seen_at < timedelta(minutes=30)
    assert row.expires_at == row.last_seen_at + 30 * DAY
    assert row.authenticated_at < row.last_seen_at
    assert "Set-Cookie" not in browser.get("/dashboard").headers


def test_timeouts_are_settings(new_site, let_time_pass):
    settings = {
        "authsite.session.idle_timeout": "15m",
        "authsite.session.absolute_timeout": "30m",
        "authsite.session.refresh_interval": "1m",
    }
    _, browser = new_site(settings)
    assert lasts(cookies_of(browser.sign_up())["authsite_session"], timedelta(minutes=15))
    let_time_pass(timedelta(minutes=14))
    assert browser.is_signed_in
    let_time_pass(timedelta(minutes=14))
    assert browser.is_signed_in
    let_time_pass(timedelta(minutes=2))
    assert not browser.is_signed_in


def test_expired_session_cannot_send_an_old_form(browser, services, let_time_pass):
    browser.sign_up()
    page = browser.get("/account")
    let_time_pass(91 * DAY)
    before = rows_of(services)["authsite_user"]
    answer = browser.submit(page, {"first_name": "Eve"})
    assert answer.status_int == 403
    assert is_blanked(answer)
    assert rows_of(services)["authsite_user"] == before


@pytest.mark.asvs("7.2.4")
@pytest.mark.parametrize("known", [True, False])
def test_sign_in_ignores_a_planted_session(browser, new_browser, dbsession, known):
    """Session fixation: a cookie planted before signing in gives no access afterwards."""
    attacker = new_browser()
    attacker.sign_up(email="eve@example.com")
    planted = attacker.cookie if known else str(SessionToken.new())
    attacker.sign_out()
    plant(browser, "authsite_session", planted)
    browser.sign_up()
    assert browser.cookie != planted
    plant(attacker, "authsite_session", planted)
    assert not attacker.is_signed_in


@pytest.mark.asvs("7.2.4")
def test_sign_in_ends_the_previous_session_of_the_browser(
    browser, new_browser, dbsession, let_time_pass
):
    browser.sign_up()
    previous = browser.cookie
    let_time_pass(31 * DAY)
    other = new_browser()
    other.sign_in()
    page = browser.get("/sign-in")
    plant(browser, "authsite_session", previous)
    answer = browser.submit(page, {"email": "ada@example.com", "password": PASSWORD})
    assert list(cookies_of(answer)) == [
        "authsite_session",
        "authsite_form",
        "authsite_device",
    ]
    ids = set(dbsession.scalars(sa.select(UserSession.id)))
    assert ids == {SessionToken.parse(each.cookie).id for each in (browser, other)}


def test_session_id_alone_cannot_end_a_session(browser, new_browser):
    browser.sign_up()
    eve = new_browser()
    page = eve.get("/sign-up")
    form = form_of(page)
    token = SessionToken(SessionToken.parse(browser.cookie).id, SessionToken.new().secret)
    plant(eve, "authsite_session", str(token))
    for name, value in {
        "first_name": "Eve",
        "last_name": "Smith",
        "email": "eve@example.com",
        "password": PASSWORD,
        "confirm_password": PASSWORD,
    }.items():
        form[name] = value
    assert form.submit(headers={"Sec-Fetch-Site": "same-origin"}).status_int == 303
    assert browser.is_signed_in
    assert eve.is_signed_in


def test_user_agent_is_truncated_and_made_printable(new_browser, dbsession):
    new_browser(HTTP_USER_AGENT="\x1bx\r\n" + "y" * 600, REMOTE_ADDR="").sign_up()
    new_browser(HTTP_USER_AGENT="", REMOTE_ADDR="2001:DB8::1").sign_up(email="eve@example.com")
    rows = dbsession.execute(sa.select(UserSession.user_agent, UserSession.ip_address))
    assert set(map(tuple, rows)) == {("x" + "y" * 252, None), (None, "2001:db8::1")}


def test_simultaneous_visits_refresh_the_session_once(
    browser, new_browser, services, let_time_pass
):
    browser.sign_up()
    other = new_browser()
    plant(other, "authsite_session", browser.cookie)
    let_time_pass(timedelta(hours=2))
    answers = []

    def meanwhile(_connection, _cursor, _statement, _parameters, _context, _many):
        answers.append(other.get("/dashboard", status=200))

    sa.event.listen(services.database.read_engine, "before_cursor_execute", meanwhile, once=True)
    answers.append(browser.get("/dashboard", status=200))
    assert ["Set-Cookie" in answer.headers for answer in answers] == [True, False]


def test_failed_refresh_does_not_refuse_the_visit(browser, services, let_time_pass):
    """Another connection holds SQLite's only write lock; on PostgreSQL, the lock of the row."""
    browser.sign_up()
    let_time_pass(2 * DAY)
    with services.database.write_engine.begin() as connection:
        connection.execute(sa.update(UserSession).values(user_agent="held"))
        if services.database.is_sqlite:
            answer = browser.get("/dashboard", status=200)
            assert "Set-Cookie" not in answer.headers
    assert lasts(cookies_of(browser.get("/dashboard"))["authsite_session"], 30 * DAY)
