"""`/account/password`: changing the password ends all other sessions."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.accounts.email_links import Purpose, issue_link
from authsite.accounts.session_secrets import PREVIOUS_SECRET_LIFETIME
from authsite.clock import utc_now
from authsite.models import EmailLink, User, UserSession
from tests.browsers import PASSWORD
from tests.factories import a_unit_of_work
from tests.functional.cookies import cookies_of, is_blanked, lasts, plant
from tests.functional.crowds import BUSY, full_queue
from tests.functional.reading import (
    alert_of,
    description_of,
    input_of,
    is_marked,
    rows_of,
    status_of,
)

NEW = "nine purple yaks waltz"
WRONG = "not that one"
FIELDS = ("current_password", "password", "confirm_password")


@pytest.fixture
def ada(browser):
    """The browser of a signed-in user."""
    browser.sign_up()
    return browser


def change(browser, **values):
    """Fill in the form correctly, except for the values that are given, and send it."""
    typed = dict(zip(FIELDS, (PASSWORD, NEW, values.get("password", NEW)), strict=True)) | values
    return browser.submit(browser.get("/account/password", status=200), typed)


def test_account_page_links_to_password(ada):
    page = ada.get("/account").click("Password")
    assert page.request.path == "/account/password"
    assert page.html.main.find("input", attrs={"autocomplete": "username"})["value"] == (
        "ada@example.com"
    )


@pytest.mark.asvs("6.2.2", "6.2.3", "7.4.3")
def test_new_password_works_and_ends_other_sessions(ada, new_browser, dbsession, let_time_pass):
    elsewhere, attacker = new_browser(), new_browser()
    elsewhere.sign_in()
    previous = ada.cookie
    plant(attacker, "authsite_session", previous)
    answer = change(ada)
    assert (answer.status_int, answer.location) == (303, "http://localhost/account")
    message = "Password changed. Your other devices have been signed out."
    assert status_of(answer.follow()) == message
    assert ada.is_signed_in
    assert not elsewhere.is_signed_in
    let_time_pass(PREVIOUS_SECRET_LIFETIME)
    assert not attacker.is_signed_in
    assert ada.cookie.partition(".")[0] == previous.partition(".")[0]
    assert ada.cookie != previous
    assert lasts(cookies_of(answer)["authsite_session"], timedelta(days=30))
    assert len(dbsession.scalars(sa.select(UserSession)).all()) == 1
    ada.sign_out()
    assert ada.sign_in().status_int == 422
    assert ada.sign_in(password=NEW).status_int == 303


def test_password_change_affects_no_other_user(ada, new_browser):
    eve = new_browser()
    eve.sign_up(email="eve@example.com")
    change(ada)
    assert eve.is_signed_in
    eve.sign_out()
    assert eve.sign_in("eve@example.com").status_int == 303


@pytest.mark.asvs("6.3.7")
def test_password_change_sends_a_security_notice(ada, mailbox):
    change(ada)
    [mail] = [each for each in mailbox.all_for() if each.template == "password_changed"]
    assert mail.recipient == "ada@example.com"
    assert mail.subject == "Your authsite password was changed"
    for body in (mail.text, mail.html):
        assert "password of your authsite account ada@example.com was changed" in " ".join(
            body.split()
        )
        assert mail.path_to("secure-account") in body
        assert NEW not in body
        assert PASSWORD not in body
        assert "Ada" not in body


def test_notice_to_a_verified_email_greets_by_name(ada, dbsession, mailbox):
    dbsession.execute(sa.update(User).values(email_verified_at=utc_now()))
    dbsession.commit()
    change(ada)
    assert mailbox.latest("password_changed").text.startswith("Hello Ada,")


@pytest.mark.parametrize(
    ("values", "field", "message"),
    [
        ({"current_password": WRONG}, "current_password", "Incorrect password."),
        ({"current_password": ""}, "current_password", "Enter your current password."),
        ({"password": "", "confirm_password": ""}, "password", "Enter a new password."),
        ({"confirm_password": ""}, "confirm_password", "Enter the password again."),
        ({"confirm_password": WRONG}, "confirm_password", "The passwords don't match."),
        ({"password": PASSWORD}, "password", "This is already your password."),
        ({"password": "password1234"}, "password", "This password is too common."),
        ({"password": "ada@example.com 17 yaks"}, "password", "Don't use “ada@example.com”"),
        ({"password": "short"}, "password", "Use at least 12 characters."),
        ({"password": "x\x00" * 9}, "password", "Remove the control character at position 2."),
    ],
)
@pytest.mark.one_database
def test_invalid_input_is_explained_and_changes_nothing(  # noqa: PLR0917 - fixtures
    ada, services, mailbox, values, field, message
):
    before = rows_of(services)
    page = change(ada, **values)
    assert page.status_int == 422
    assert message in description_of(page, field)
    assert message in description_of(page, "current_password")
    assert is_marked(page, field)
    assert is_marked(page, "current_password") is (field == "current_password")
    assert input_of(page, "current_password").has_attr("autofocus")
    assert [input_of(page, each)["value"] for each in FIELDS] == ["", "", ""]
    assert rows_of(services) == before
    assert [mail.template for mail in mailbox.all_for()] == ["verify_email"]
    assert ada.is_signed_in


def test_password_in_another_normal_form_is_not_new(new_browser):
    browser = new_browser()
    browser.sign_up(password="caf\u00e9 yaks hum green")
    same = {"current_password": "caf\u00e9 yaks hum green", "password": "cafe\u0301 yaks hum green"}
    page = change(browser, **same)
    assert "This is already your password." in description_of(page, "password")


@pytest.mark.asvs("6.2.3")
def test_current_password_is_always_required(ada, let_time_pass):
    assert change(ada, current_password="").status_int == 422
    let_time_pass(timedelta(days=1))
    assert change(ada).status_int == 303


@pytest.mark.asvs("6.3.1")
def test_guessing_the_current_password_is_throttled(ada, services):
    for _ in range(10):
        assert change(ada, current_password=WRONG).status_int == 422
    before = rows_of(services)
    page = change(ada)
    assert page.status_int == 429
    assert int(page.headers["Retry-After"]) > 0
    assert "Try again in" in alert_of(page)
    assert NEW not in page
    assert rows_of(services) == before


def test_refused_new_password_counts_no_attempt(ada):
    for _ in range(11):
        assert change(ada, password="password1234").status_int == 422
    assert change(ada).status_int == 303


def test_full_hash_queue_delays_the_change(new_site, services):
    busy, browser = new_site(BUSY)
    browser.sign_up()
    before = rows_of(services)
    with full_queue(busy.hasher):
        page = change(browser)
        assert page.status_int == 503
        assert int(page.headers["Retry-After"]) > 0
        assert rows_of(services) == before
    assert change(browser).status_int == 303


def test_password_change_revokes_the_users_pending_links(ada, new_browser, services, dbsession):
    new_browser().sign_up(email="eve@example.com")
    work = a_unit_of_work(services, dbsession, now=utc_now())
    for user in dbsession.scalars(sa.select(User)).all():
        for purpose in Purpose:
            issue_link(work, user, purpose)
    dbsession.commit()
    change(ada)
    left = sa.select(EmailLink.purpose).join(User, User.id == EmailLink.user_id)
    hers = dbsession.scalars(left.where(User.email == "ada@example.com")).all()
    assert set(hers) == {Purpose.VERIFY_EMAIL, Purpose.SECURE_ACCOUNT}
    assert set(dbsession.scalars(left.where(User.email == "eve@example.com"))) == set(Purpose)


def test_public_computer_stays_public(ada, new_browser, dbsession):
    library = new_browser()
    typed = {"email": "ada@example.com", "password": PASSWORD, "public_computer": True}
    library.submit(library.get("/sign-in"), typed)
    answer = change(library)
    assert cookies_of(answer)["authsite_session"]["max-age"] == ""
    assert "authsite_device" not in cookies_of(answer)
    assert dbsession.scalars(sa.select(UserSession.public_computer)).all() == [True]
    assert is_blanked(ada.get("/account"))


def test_password_change_keeps_the_device_recognized(ada, new_browser):
    change(ada)
    ada.sign_out()
    attacker = new_browser()
    for _ in range(11):
        attacker.sign_in(password=WRONG)
    assert ada.sign_in(password=NEW).status_int == 303


@pytest.mark.asvs("15.4.2")
def test_one_of_two_simultaneous_changes_wins(new_browser, dbsession):
    browsers = [new_browser(), new_browser()]
    browsers[0].sign_up()
    browsers[1].sign_in()
    pages = [each.get("/account/password") for each in browsers]
    new = ["nine purple yaks waltz", "eight orange gnus tango"]
    together = threading.Barrier(2)

    def submit(at):
        together.wait(timeout=10)
        typed = dict(zip(FIELDS, (PASSWORD, new[at], new[at]), strict=True))
        return browsers[at].submit(pages[at], typed)

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(submit, range(2)))
    statuses = [each.status_int for each in answers]
    won = statuses.index(303)
    # 403 when the session had already ended, 422 when only the hash had changed.
    assert statuses[1 - won] in {403, 422}
    assert [each.is_signed_in for each in browsers] == [won == 0, won == 1]
    assert len(dbsession.scalars(sa.select(UserSession)).all()) == 1
    other = new_browser()
    assert other.sign_in(password=new[1 - won]).status_int == 422
    assert other.sign_in(password=new[won]).status_int == 303


def test_concurrent_change_is_explained(ada, services):
    """The other change is committed when this request begins to write."""
    page = ada.get("/account/password")
    overtaken = []

    def overtake(_connection):
        if not overtaken:
            overtaken.append(True)
            with Session(services.database.engine) as other:
                other.execute(sa.update(User).values(password_hash="another one"))
                other.commit()

    engine = services.database.write_engine
    sa.event.listen(engine, "engine_connect", overtake)
    try:
        page = ada.submit(page, dict(zip(FIELDS, (PASSWORD, NEW, NEW), strict=True)))
    finally:
        sa.event.remove(engine, "engine_connect", overtake)
    assert overtaken
    assert page.status_int == 422
    assert "was changed in another window" in alert_of(page)
    assert "was changed in another window" in description_of(page, "current_password")
    assert rows_of(services)["authsite_user"][0].count("another one") == 1
