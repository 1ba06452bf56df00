"""Rotated secrets: requests under way in other tabs sign no user out, and gain nothing."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.clock import utc_now
from authsite.models import UserSession
from tests.browsers import PASSWORD
from tests.functional.cookies import SESSION, cookies_of, is_blanked, plant, receive
from tests.functional.reading import form_of
from tests.functional.recovery import NEW_PASSWORD, choose, reset_link

HALF_A_MINUTE = timedelta(seconds=30)
#: Seconds after which threads that wait for each other have failed.
PATIENCE = 10


@pytest.fixture
def ada(browser, let_time_pass):
    """A browser whose user signed in a quarter of an hour ago."""
    browser.sign_up()
    let_time_pass(timedelta(minutes=15))
    return browser


@pytest.fixture
def new_tab(ada, new_browser):
    """Return another tab of the browser, whose requests have the cookie of this moment."""

    def open_tab():
        tab = new_browser()
        plant(tab, SESSION, ada.cookie)
        return tab

    return open_tab


@pytest.fixture
def tab(new_tab):
    """A tab whose requests have the secret from before the rotation."""
    return new_tab()


def confirm(browser, password=PASSWORD):
    """Confirm the password; return the answer."""
    return browser.submit(browser.get("/confirm-password"), {"current_password": password})


def change(browser):
    """Change the password; return the answer."""
    typed = {
        "current_password": PASSWORD,
        "password": NEW_PASSWORD,
        "confirm_password": NEW_PASSWORD,
    }
    return browser.submit(browser.get("/account/password"), typed)


@pytest.mark.parametrize("rotate", [confirm, change])
def test_late_answer_with_the_previous_secret_keeps_both_tabs(ada, tab, rotate):
    assert rotate(ada).status_int == 303
    answer = tab.get("/account", status=200)
    assert "Ada Lovelace" in answer
    receive(ada, answer)
    assert ada.is_signed_in
    assert tab.is_signed_in


def test_answer_from_before_and_after_a_rotation_keeps_the_new_cookie(
    ada, tab, services, let_time_pass
):
    """The slow request is identified before the rotation, and would extend the session."""
    let_time_pass(timedelta(hours=2))
    confirmed = []

    def meanwhile(_connection, _cursor, statement, *_rest):
        if "FROM authsite_audit_event" in statement and not confirmed:
            confirmed.append(None)  # the confirmation reads events as well
            confirmed[0] = confirm(ada).status_int

    sa.event.listen(services.database.engine, "before_cursor_execute", meanwhile)
    answer = tab.get("/account/sessions", status=200)
    sa.event.remove(services.database.engine, "before_cursor_execute", meanwhile)
    assert confirmed == [303]
    receive(ada, answer)
    let_time_pass(HALF_A_MINUTE)
    assert ada.is_signed_in


def test_form_sent_with_the_previous_secret_is_accepted(ada, tab):
    page = tab.get("/account")
    confirm(ada)
    assert tab.submit(page, {"first_name": "Augusta"}).status_int == 303
    assert "Augusta Lovelace" in ada.get("/account")


@pytest.mark.asvs("7.2.4", "7.5.1")
def test_previous_secret_has_no_recent_reauthentication(ada, tab):
    confirm(ada)
    ada.get("/account/email", status=200)
    answer = tab.get("/account/email", status=303)
    assert answer.location == "http://localhost/confirm-password?next=%2Faccount%2Femail"


@pytest.mark.asvs("7.2.4")
def test_previous_secret_loses_the_reauthentication_it_had(browser, new_browser):
    """A copied cookie gains nothing from the ten minutes after signing in."""
    browser.sign_up()
    thief = new_browser()
    plant(thief, SESSION, browser.cookie)
    thief.get("/account/email", status=200)
    change(browser)
    thief.get("/account/email", status=303)


@pytest.mark.asvs("7.2.4")
def test_previous_secret_is_anonymous_after_30_seconds(ada, tab, let_time_pass):
    confirm(ada)
    let_time_pass(HALF_A_MINUTE - timedelta(seconds=10))
    assert tab.is_signed_in
    let_time_pass(timedelta(seconds=10))
    answer = tab.get("/dashboard", status=303)
    assert SESSION not in cookies_of(answer)
    receive(ada, answer)
    assert ada.is_signed_in


@pytest.mark.asvs("7.2.4")
def test_two_rotations_end_the_first_secret_at_once(ada, tab):
    confirm(ada)
    confirm(ada)
    answer = tab.get("/dashboard", status=303)
    assert SESSION not in cookies_of(answer)
    assert ada.is_signed_in


def test_previous_secret_does_not_extend_the_session(ada, tab, dbsession):
    confirm(ada)
    long_ago = utc_now() - timedelta(hours=2)
    dbsession.execute(sa.update(UserSession).values(last_seen_at=long_ago))
    dbsession.commit()
    assert SESSION not in cookies_of(tab.get("/dashboard", status=200))
    assert dbsession.scalar(sa.select(UserSession.last_seen_at)) == long_ago
    dbsession.commit()
    assert SESSION in cookies_of(ada.get("/dashboard"))


def test_second_confirmation_gets_the_cookie_of_the_first(ada, tab, let_time_pass):
    """After a double click, the browser has only the second answer."""
    page = tab.get("/confirm-password")
    confirm(ada)
    answer = tab.submit(page, {"current_password": PASSWORD})
    assert (answer.status_int, tab.cookie) == (303, ada.cookie)
    let_time_pass(HALF_A_MINUTE)
    tab.get("/account/email", status=200)


def test_wrong_password_with_the_previous_secret_gets_no_cookie(ada, tab):
    confirm(ada)
    answer = confirm(tab, "not that one")
    assert answer.status_int == 422
    assert SESSION not in cookies_of(answer)


@pytest.mark.asvs("15.4.2")
def test_confirmations_at_once_give_one_cookie(ada, new_tab, let_time_pass):
    tabs = [new_tab() for _ in range(5)]
    pages = [each.get("/confirm-password") for each in tabs]
    barrier = threading.Barrier(len(tabs))

    def send(at):
        barrier.wait(PATIENCE)
        return tabs[at].submit(pages[at], {"current_password": PASSWORD})

    with ThreadPoolExecutor(len(tabs)) as pool:
        answers = list(pool.map(send, range(len(tabs))))
    assert [each.status_int for each in answers] == [303] * len(tabs)
    assert len({cookies_of(each)[SESSION].value for each in answers}) == 1
    let_time_pass(HALF_A_MINUTE)
    for each in tabs:
        each.get("/account/email", status=200)


@pytest.mark.asvs("7.4.1")
def test_sign_out_with_the_previous_secret_ends_the_session(ada, tab, dbsession):
    confirm(ada)
    assert is_blanked(tab.sign_out())
    assert dbsession.scalars(sa.select(UserSession.id)).all() == []
    assert not ada.is_signed_in


def test_sign_out_with_an_older_secret_keeps_the_session(ada, tab, let_time_pass):
    page = tab.get("/sign-out")
    confirm(ada)
    let_time_pass(HALF_A_MINUTE)
    answer = tab.submit(page, {})
    assert (answer.status_int, answer.location) == (303, "http://localhost/sign-in")
    receive(ada, answer)
    assert ada.is_signed_in


def test_reset_of_another_account_keeps_the_cookie_of_a_session(
    ada, tab, new_browser, mailbox, let_time_pass
):
    """The answer of a slow tab ends no session of which it has not the secret."""
    new_browser().sign_up(email="eve@example.com")
    link = reset_link(new_browser(), mailbox, "eve@example.com")
    confirm(ada)
    let_time_pass(HALF_A_MINUTE)
    answer = choose(tab, link)
    assert answer.status_int == 303
    receive(ada, answer)
    assert ada.is_signed_in


def test_reset_of_another_account_touches_no_ambiguous_cookie(ada, new_browser, mailbox):
    link = reset_link(new_browser(), mailbox)
    stray = new_browser()
    page = stray.get(link)
    both = f"{SESSION}={ada.cookie}; {SESSION}=x; " + "; ".join(
        f"{name}={value}" for name, value in stray.app.cookies.items()
    )
    stray.app.reset()
    typed = {"password": NEW_PASSWORD, "confirm_password": NEW_PASSWORD}
    form = form_of(page)
    for name, value in typed.items():
        form[name] = value
    answer = form.submit(headers={"Cookie": both, "Sec-Fetch-Site": "same-origin"})
    assert answer.status_int == 303
    assert SESSION not in cookies_of(answer)


def test_sign_in_with_the_previous_secret_replaces_the_session(
    ada, tab, new_browser, mailbox, dbsession
):
    new_browser().sign_up(email="eve@example.com")
    link = mailbox.latest("verify_email", "eve@example.com").path_to("verify-email")
    confirm(ada)
    page = tab.get(link)
    assert "signed in as ada@example.com" in page.html.main.get_text()
    assert tab.submit(page, {"password": PASSWORD}).status_int == 303
    assert not ada.is_signed_in
    assert "eve@example.com" in tab.get("/account")
