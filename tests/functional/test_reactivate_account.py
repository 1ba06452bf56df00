"""`/reactivate-account`: a sign-in to a closed account pauses until the user keeps the account."""

import hashlib
from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.clock import utc_now
from authsite.models import PendingSignIn, User, UserSession
from tests.browsers import PASSWORD
from tests.functional.cookies import SESSION, cookies_of, plant
from tests.functional.reading import status_of

PAGE = "/reactivate-account"
ADA = "ada@example.com"
DAY = timedelta(days=1)


@pytest.fixture
def ada(browser):
    """The browser in which Ada closed her account."""
    browser.sign_up()
    browser.submit(browser.get("/account/close"), {"password": PASSWORD})
    return browser


@pytest.fixture
def page(ada):
    """The page that her next sign-in leads to."""
    paused = ada.sign_in()
    assert (paused.status_int, paused.location) == (303, f"http://localhost{PAGE}")
    return paused.follow()


def expired(answer):
    """Whether the answer leads back to the start of the sign-in."""
    there = (answer.status_int, answer.location) == (303, "http://localhost/sign-in")
    return there and status_of(answer.follow()) == "Your sign-in has expired. Sign in again."


def pending(dbsession):
    """Return how many sign-ins are pending."""
    return dbsession.scalar(sa.select(sa.func.count()).select_from(PendingSignIn))


def leave(page):
    """Press the button that leaves the account closed."""
    form = page.forms[page.html.find_all("form").index(page.html.main.form)]
    return form.submit("leave", headers={"Sec-Fetch-Site": "same-origin"})


def test_reactivation_signs_in(ada, page, mailbox, dbsession):
    assert page.html.h1.get_text() == "Keep your account"
    assert "ada@example.com" in page.html.main.get_text()
    assert not ada.is_signed_in
    kept = ada.submit(page, {})
    assert (kept.status_int, kept.location) == (303, "http://localhost/dashboard")
    assert cookies_of(kept)["authsite_pending_sign_in"]["max-age"] == "0"
    assert status_of(kept.follow()) == "Account reactivated."
    assert "deletion_reminder" not in [mail.template for mail in mailbox.all_for()]
    assert dbsession.scalar(sa.select(User.delete_after)) is None
    assert pending(dbsession) == 0


def test_reactivation_returns_to_the_requested_page(ada):
    paused = ada.sign_in(at="/sign-in?next=/account/history")
    kept = ada.submit(paused.follow(), {})
    assert kept.location == "http://localhost/account/history"


def test_pending_sign_in_gives_no_access(ada, page):
    assert ada.get("/dashboard").location.startswith("http://localhost/sign-in")
    assert ada.get("/account/sessions").location.startswith("http://localhost/sign-in")


def test_pending_sign_in_is_stored_as_a_digest(ada, page, dbsession):
    identifier, _, secret = ada.app.cookies["authsite_pending_sign_in"].partition(".")
    row = dbsession.scalars(sa.select(PendingSignIn)).one()
    assert row.id == identifier
    assert row.secret_digest == hashlib.sha256(secret.encode()).digest()
    assert secret not in repr(row)


def test_pending_sign_in_does_not_reactivate(ada, page, dbsession):
    assert dbsession.scalar(sa.select(User.delete_after)) is not None


def test_pending_sign_in_cookie_is_bound_to_its_browser(page, new_browser):
    assert expired(new_browser().get(PAGE))


def test_pending_sign_in_cookie_lasts_ten_minutes(ada):
    cookie = cookies_of(ada.sign_in())["authsite_pending_sign_in"]
    assert (cookie["max-age"], cookie["httponly"], cookie["samesite"]) == ("600", True, "Lax")


@pytest.mark.parametrize("planted", ["", "no token", f"{'x' * 16}.{'y' * 43}"])
def test_malformed_and_unknown_cookies_lead_to_sign_in(new_browser, planted):
    stray = new_browser()
    plant(stray, "authsite_pending_sign_in", planted)
    assert expired(stray.get(PAGE))


def test_wrong_secret_leads_to_sign_in(ada, page):
    token = ada.app.cookies["authsite_pending_sign_in"]
    plant(ada, "authsite_pending_sign_in", f"{token[:17]}{'x' * 43}")
    assert expired(ada.get(PAGE))


def test_pending_sign_in_expires(ada, page, let_time_pass):
    let_time_pass(timedelta(minutes=10))
    assert expired(ada.submit(page, {}))
    assert expired(ada.get(PAGE))
    assert not ada.is_signed_in


def test_second_click_ends_on_the_dashboard(ada, page):
    ada.submit(page, {})
    again = ada.submit(page, {})
    assert again.status_int in {303, 403}
    assert ada.is_signed_in


def test_another_sign_in_replaces_the_pending_one(ada, page, dbsession):
    previous = ada.app.cookies["authsite_pending_sign_in"]
    again = ada.sign_in().follow()
    assert pending(dbsession) == 1
    ada.submit(again, {})
    ada.sign_out()
    plant(ada, "authsite_pending_sign_in", previous)
    assert expired(ada.get(PAGE))


def test_reactivation_revokes_pending_sign_ins_of_other_browsers(ada, page, new_browser, dbsession):
    other = new_browser()
    waiting = other.sign_in().follow()
    ada.submit(page, {})
    assert pending(dbsession) == 0
    assert expired(other.submit(waiting, {}))


def test_page_redirects_when_another_tab_has_resumed(ada, page):
    cookie = ada.app.cookies["authsite_pending_sign_in"]
    ada.submit(page, {}).follow()
    plant(ada, "authsite_pending_sign_in", cookie)
    back = ada.get(PAGE)
    assert (back.status_int, back.location) == (303, "http://localhost/dashboard")
    assert status_of(back.follow()) is None


def test_account_can_be_left_closed(ada, page, dbsession):
    left = leave(page)
    assert (left.status_int, left.location) == (303, "http://localhost/")
    assert cookies_of(left)["authsite_pending_sign_in"]["max-age"] == "0"
    assert pending(dbsession) == 0
    assert dbsession.scalar(sa.select(User.delete_after)) is not None
    assert expired(ada.get(PAGE))


def test_sign_in_to_another_account_ends_the_pending_one(ada, page, new_browser, dbsession):
    new_browser().sign_up(email="grace@example.com")
    cookies = cookies_of(ada.sign_in(email="grace@example.com"))
    assert cookies["authsite_pending_sign_in"]["max-age"] == "0"
    assert pending(dbsession) == 0


@pytest.fixture
def grace(ada, new_browser):
    """A browser signed in to another account, with the pending sign-in of Ada.

    Two tabs signed in at once, so that neither replaced what the other had begun.
    """
    browser = new_browser()
    browser.sign_up(email="grace@example.com")
    ada.sign_in()
    plant(browser, "authsite_pending_sign_in", ada.app.cookies["authsite_pending_sign_in"])
    return browser


def test_reactivation_does_not_replace_another_accounts_session(grace, dbsession):
    page = grace.get(PAGE)
    assert "You're signed in as grace@example.com." in page.html.main.get_text(" ", strip=True)
    answer = grace.submit(page, {})
    assert answer.status_int == 409
    assert "You're signed in as grace@example.com." in answer.html.main.get_text(" ", strip=True)
    assert answer.html.main.find("a", href="/sign-out")
    assert "grace@example.com" in grace.get("/account")
    deletion = sa.select(User.delete_after).where(User.email == ADA)
    assert dbsession.scalar(deletion) is not None
    assert pending(dbsession) == 1


def test_reactivation_page_from_before_another_sign_in_is_refused(
    ada, page, new_browser, dbsession
):
    """The page was open when another tab signed in to another account."""
    grace = new_browser()
    grace.sign_up(email="grace@example.com")
    plant(ada, SESSION, grace.cookie)
    assert ada.submit(page, {}).status_int == 403
    assert grace.is_signed_in
    assert dbsession.scalar(sa.select(User.delete_after).where(User.email == ADA)) is not None


def test_reactivation_follows_a_sign_out_of_the_other_account(grace):
    grace.sign_out()
    kept = grace.submit(grace.sign_in().follow(), {})
    assert status_of(kept.follow()) == "Account reactivated."


def test_account_can_be_left_closed_beside_another_session(grace, dbsession):
    assert leave(grace.get(PAGE)).status_int == 303
    assert grace.is_signed_in
    assert pending(dbsession) == 0


def test_sign_out_ends_a_pending_sign_in(ada, new_browser, dbsession):
    grace = new_browser()
    grace.sign_up(email="grace@example.com")
    ada.sign_in()
    plant(grace, "authsite_pending_sign_in", ada.app.cookies["authsite_pending_sign_in"])
    assert cookies_of(grace.sign_out())["authsite_pending_sign_in"]["max-age"] == "0"
    assert pending(dbsession) == 0


def test_resumed_session_keeps_its_authentication_time(ada, page, dbsession, let_time_pass):
    let_time_pass(timedelta(minutes=9))
    ada.submit(page, {})
    row = dbsession.execute(sa.select(UserSession.authenticated_at, UserSession.created_at)).one()
    assert timedelta(minutes=9) <= row.created_at - row.authenticated_at < timedelta(minutes=10)


def test_public_computer_stays_public(ada):
    typed = {"email": "ada@example.com", "password": PASSWORD, "public_computer": "y"}
    paused = ada.submit(ada.get("/sign-in"), typed)
    assert cookies_of(paused)["authsite_pending_sign_in"]["max-age"] == ""
    cookies = cookies_of(ada.submit(paused.follow(), {}))
    assert cookies["authsite_session"]["max-age"] == ""
    assert cookies["authsite_device"]["max-age"] == "0"


@pytest.mark.parametrize(
    "change",
    [
        {"password_hash": None},
        {"suspended_at": utc_now(), "suspension_reason": "Too many mails."},
    ],
)
def test_changed_account_is_not_signed_in(ada, page, services, change):
    with services.database.write_engine.begin() as connection:
        connection.execute(sa.update(User.__table__).values(change))
    assert ada.submit(page, {}).status_int in {303, 403}
    assert not ada.is_signed_in


def test_secured_account_revokes_pending_sign_ins(ada, page, new_browser, mailbox, dbsession):
    link = mailbox.latest("deletion_scheduled").path_to("secure-account")
    owner = new_browser()
    assert owner.submit(owner.get(link), {}).status_int == 303
    assert pending(dbsession) == 0
    assert expired(ada.submit(page, {}))


def test_expired_pending_sign_ins_are_purged(page, dbsession, let_time_pass, purge_everything):
    let_time_pass(timedelta(minutes=11))
    purge_everything()
    assert pending(dbsession) == 0
