"""`/reset-password/{token}`: the page of the reset link."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.models import EmailLink, User
from authsite.tokens import LinkToken
from tests.browsers import PASSWORD
from tests.functional.cookies import is_blanked
from tests.functional.crowds import BUSY, full_queue
from tests.functional.reading import (
    alert_of,
    description_of,
    form_of,
    input_of,
    rows_of,
    status_of,
)
from tests.functional.recovery import ADA, NEW_PASSWORD, choose, request_reset, reset_link
from tests.site.test_gets_change_nothing import dump

HERE = {"Sec-Fetch-Site": "same-origin"}
ONE_ATTEMPT = {"authsite.throttle.email_link_account": "1/1h"}
NO_EMAIL_LIMIT = {"authsite.throttle.email_recipient": "off"}
INVALID = "This link is no longer valid"
UNKNOWN = f"/reset-password/{'A' * 43}"


@pytest.fixture
def ada(new_browser):
    """The browser of a signed-in user."""
    browser = new_browser(REMOTE_ADDR="198.51.100.7")
    browser.sign_up()
    return browser


@pytest.fixture
def link(ada, browser, mailbox):
    """A reset link, requested in another browser."""
    return reset_link(browser, mailbox)


def is_invalid(browser, link):
    """Whether the link is invalid, and its page offers a new one."""
    page = browser.get(link, expect_errors=True)
    if page.status_int == 200:
        return False
    assert page.status_int == 410
    assert page.html.h1.text == INVALID
    assert page.click("Get a new link").request.path == "/forgot-password"
    return True


@pytest.mark.asvs("6.4.3", "7.4.3", "6.3.7", "6.3.6")
def test_reset_sets_a_new_password(ada, browser, mailbox, link):
    page = browser.get(link)
    assert f"This is for the account <strong>{ADA}</strong>." in page
    answer = browser.submit(page, {"password": NEW_PASSWORD, "confirm_password": NEW_PASSWORD})
    assert answer.status_int == 303
    assert answer.location == "http://localhost/sign-in"
    assert status_of(answer.follow()) == "Password changed. Sign in with your new password."
    assert not browser.is_signed_in
    assert browser.sign_in(password=PASSWORD).status_int == 422
    assert browser.sign_in(password=NEW_PASSWORD).status_int == 303
    assert browser.is_signed_in
    mail = mailbox.latest("password_changed")
    assert "/secure-account/" in mail.text
    assert "/secure-account/" in mail.html


@pytest.mark.asvs("7.4.3")
def test_reset_ends_all_sessions_of_the_user(ada, browser, new_browser, link):
    elsewhere, eve = new_browser(), new_browser()
    elsewhere.sign_in()
    eve.sign_up(email="eve@example.com")
    choose(browser, link)
    assert [each.is_signed_in for each in (ada, elsewhere, eve)] == [False, False, True]


def test_reset_signs_out_the_current_browser(ada, link):
    answer = choose(ada, link)
    assert answer.status_int == 303
    assert is_blanked(answer)
    assert ada.cookie is None
    assert ada.get("/sign-in").status_int == 200


def test_reset_ends_another_users_session_in_the_browser(ada, new_browser, link):
    """Otherwise the user would land on the dashboard of the other one."""
    eve = new_browser()
    eve.sign_up(email="eve@example.com")
    answer = choose(eve, link)
    assert eve.get(answer.location.removeprefix("http://localhost")).html.h1.text == "Sign in"


def test_reset_verifies_the_email(ada, browser, link, dbsession):
    verified = sa.select(User.email_verified_at)
    assert dbsession.scalar(verified) is None
    dbsession.rollback()
    choose(browser, link)
    assert dbsession.scalar(verified) is not None


@pytest.mark.asvs("6.2.7")
def test_page_names_the_user_for_password_managers(ada, browser, link):
    page = browser.get(link)
    [username] = page.html.main.find_all(attrs={"autocomplete": "username"})
    assert username["value"] == ADA
    assert not username.has_attr("name")
    assert input_of(page, "password")["autocomplete"] == "new-password"
    assert input_of(page, "confirm_password")["autocomplete"] == "new-password"


@pytest.mark.asvs("6.2.4", "6.2.5", "6.2.10", "2.3.3")
@pytest.mark.parametrize(
    ("typed", "field", "message"),
    [
        (("", ""), "password", "Enter a password."),
        (("short", "short"), "password", "Use at least 12 characters."),
        (("password1234", "password1234"), "password", "Use a few unrelated words."),
        (("ada lovelace", "ada lovelace"), "password", "Don't use \u201cLovelace\u201d"),
        ((NEW_PASSWORD, "another"), "confirm_password", "The passwords don't match."),
        (("x" * 257, "x" * 257), "password", "Use at most 256 characters."),
        (("eleven\x07blue otters", "eleven\x07blue otters"), "password", "control character"),
    ],
)
def test_refused_password_does_not_consume_the_link(browser, link, typed, field, message):
    typed = dict(zip(("password", "confirm_password"), typed, strict=True))
    page = browser.submit(browser.get(link), typed)
    assert page.status_int == 422
    assert message in description_of(page, field)
    assert message in alert_of(page)
    assert not typed["password"] or typed["password"] not in page
    answer = browser.submit(page, {"password": NEW_PASSWORD, "confirm_password": NEW_PASSWORD})
    assert answer.status_int == 303


def test_refused_password_changes_nothing(ada, browser, services, link):
    before = rows_of(services)
    assert choose(browser, link, "password1234").status_int == 422
    assert rows_of(services) == before
    assert ada.is_signed_in


@pytest.mark.asvs("6.4.3", "2.3.4")
def test_reset_link_works_once(ada, browser, link):
    page = browser.get(link)
    assert choose(browser, link).status_int == 303
    again = {"password": "twelve red foxes run", "confirm_password": "twelve red foxes run"}
    assert browser.submit(page, again).status_int == 410
    assert is_invalid(browser, link)
    assert browser.sign_in(password=NEW_PASSWORD).status_int == 303


@pytest.mark.asvs("6.4.1")
def test_reset_link_expires(ada, browser, link, dbsession):
    page = browser.get(link)
    dbsession.execute(sa.update(EmailLink).values(expires_at=sa.func.now()))
    dbsession.commit()
    typed = {"password": NEW_PASSWORD, "confirm_password": NEW_PASSWORD}
    assert browser.submit(page, typed).status_int == 410
    assert is_invalid(browser, link)
    assert ada.is_signed_in


def test_newer_link_replaces_an_older_one(ada, browser, mailbox, link, let_time_pass):
    let_time_pass(timedelta(minutes=3))
    newer = reset_link(browser, mailbox)
    assert newer != link
    assert is_invalid(browser, link)
    assert choose(browser, newer).status_int == 303


def test_link_to_a_previous_email_is_invalid(ada, browser, link, dbsession):
    page = browser.get(link)
    dbsession.execute(
        sa.update(User).values(email="x@example.com", email_normalized="x@example.com")
    )
    dbsession.commit()
    typed = {"password": NEW_PASSWORD, "confirm_password": NEW_PASSWORD}
    assert is_invalid(browser, link)
    assert browser.submit(page, typed).status_int == 410
    assert ada.is_signed_in


def test_link_of_another_purpose_is_invalid(ada, browser, dbsession, link):
    dbsession.execute(sa.update(EmailLink).values(purpose="verify_email"))
    dbsession.commit()
    assert is_invalid(browser, link)


@pytest.mark.parametrize(
    "path",
    ["/reset-password", "/reset-password/", f"/reset-password/{'A' * 43}/x"],
)
def test_other_url_below_reset_password_is_an_invalid_link(ada, browser, link, path):
    assert browser.get(path, status=410).html.h1.text == "This link is no longer valid"


def test_unknown_link_looks_like_a_used_one(ada, browser, link):
    choose(browser, link).follow()
    was, never = (browser.get(path, status=410) for path in (link, UNKNOWN))
    assert was.text == never.text


@pytest.mark.asvs("3.5.3")
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_opening_the_link_changes_nothing(ada, browser, services, link, method):
    before = dump(services)
    for path in (link, UNKNOWN):
        for _ in range(3):
            browser.app.request(path, method=method, expect_errors=True)
    assert dump(services) == before
    assert choose(browser, link).status_int == 303


@pytest.mark.asvs("3.5.1")
def test_cross_site_form_sets_no_password(ada, browser, link):
    form = form_of(browser.get(link))
    form["password"] = form["confirm_password"] = NEW_PASSWORD
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert form.submit(headers=headers, expect_errors=True).status_int == 403
    assert choose(browser, link).status_int == 303


@pytest.mark.asvs("14.3.2", "14.2.1", "14.2.6")
def test_token_does_not_leak(ada, browser, link, caplog):
    """It is in the URL and the form's action only, and in no log."""
    token = link.rpartition("/")[2]
    page = browser.get(link)
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert page.text.count(token) == 1
    assert form_of(page).action == link
    for typed in ("weak", NEW_PASSWORD):
        answer = choose(browser, link, typed)
    assert token not in f"{answer.headers}{answer.text}"
    assert token not in browser.get("/sign-in").text
    assert token not in browser.get(link, status=410).text
    assert token not in caplog.text


@pytest.mark.asvs("6.3.1")
def test_daily_password_resets_are_not_throttled(ada, new_site, mailbox, link):
    """Successful attempts are refunded, and unknown links are not counted."""
    _, browser = new_site(ONE_ATTEMPT | NO_EMAIL_LIMIT)
    for password in (NEW_PASSWORD, "twelve red foxes run"):
        assert choose(browser, reset_link(browser, mailbox), password).status_int == 303
    form = form_of(browser.get(reset_link(browser, mailbox)))
    form["password"] = form["confirm_password"] = NEW_PASSWORD
    alive, form.action = form.action, UNKNOWN
    assert form.submit(headers=HERE, expect_errors=True).status_int == 410
    form.action = alive
    assert form.submit(headers=HERE, expect_errors=True).status_int == 303


@pytest.mark.asvs("6.3.1", "2.4.1")
def test_made_up_links_throttle_no_real_link(ada, browser, link):
    form = form_of(browser.get(link))
    form["password"] = form["confirm_password"] = NEW_PASSWORD
    for _ in range(15):
        form.action = f"/reset-password/{LinkToken.new()}"
        assert form.submit(headers=HERE, expect_errors=True).status_int == 410
    assert choose(browser, link).status_int == 303


def test_full_hash_queue_consumes_no_link_and_no_attempt(ada, new_site, link):
    busy, browser = new_site(BUSY)
    typed = {"password": NEW_PASSWORD, "confirm_password": NEW_PASSWORD}
    page = browser.get(link)
    with full_queue(busy.hasher):
        answers = [browser.submit(page, typed) for _ in range(12)]
    assert {each.status_int for each in answers} == {503}
    assert answers[0].headers["Retry-After"] == "5"
    assert "Try again in a few seconds." in alert_of(answers[0])
    assert browser.submit(page, typed).status_int == 303


def test_reset_does_not_reactivate_a_closed_account(ada, browser, link, dbsession):
    dbsession.execute(sa.update(User).values(delete_after=sa.func.now()))
    dbsession.commit()
    choose(browser, link)
    assert dbsession.scalar(sa.select(User.delete_after)) is not None


def test_reset_revokes_links_except_secure_account(ada, browser, dbsession, link):
    request_reset(browser)
    choose(browser, link)
    assert dbsession.scalars(sa.select(EmailLink.purpose)).all() == ["secure_account"]
