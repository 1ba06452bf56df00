"""Emails that outsiders cause: how many reach a mailbox, and what they quote."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.models import AuditEvent, OutboxMessage, User
from tests.functional.reading import alert_of
from tests.functional.recovery import ADA, choose, request_reset, reset_link

EVE, UNKNOWN = "eve@example.com", "unknown@example.net"
DAY = timedelta(days=1)
#: All other limits of emails are off.
ONLY_UNVERIFIED = {
    f"authsite.throttle.{name}": "off"
    for name in ("email_recipient", "email_network", "sign_up_network")
}
LIMIT = 6


@pytest.fixture
def new_browser(new_site):
    """Return a new browser on such a site."""
    return lambda: new_site(ONLY_UNVERIFIED)[1]


@pytest.fixture
def eve(new_browser):
    """The browser of another user, who is signed in."""
    browser = new_browser()
    browser.sign_up(email=EVE)
    return browser


def request_change(browser, email):
    """Request a change to this email address."""
    answer = browser.submit(browser.get("/account/email"), {"email": email})
    assert answer.status_int == 200
    return answer


def withheld(dbsession):
    """Return the templates of the emails that were not sent, with the reason."""
    rows = dbsession.execute(
        sa.select(OutboxMessage.template, OutboxMessage.last_error, OutboxMessage.content).where(
            OutboxMessage.next_attempt_at.is_(None)
        )
    )
    return [tuple(row) for row in rows]


@pytest.mark.asvs("2.4.1")
def test_unverified_address_gets_six_emails_of_all_types(
    eve, new_browser, mailbox, dbsession, let_time_pass
):
    new_browser().sign_up()
    for _ in range(2):
        assert new_browser().sign_in().status_int == 303
        request_reset(new_browser())
        request_change(eve, ADA)
        request_change(eve, "ada+1@example.com")
    sent = [mail.template for mail in mailbox.all_for(ADA)]
    tagged = [mail.template for mail in mailbox.all_for("ada+1@example.com")]
    assert set(sent) == {"verify_email", "new_device_sign_in", "reset_password", "email_taken"}
    assert len(sent + tagged) == LIMIT
    let_time_pass(DAY)
    request_reset(new_browser())
    assert len(mailbox.all_for(ADA)) == len(sent) + 1


@pytest.mark.asvs("2.4.1")
def test_address_without_an_account_gets_six_emails(eve, new_browser, mailbox):
    for _ in range(4):
        request_reset(new_browser(), UNKNOWN)
        request_change(eve, UNKNOWN)
    assert len(mailbox.all_for(UNKNOWN)) == LIMIT


@pytest.mark.asvs("6.3.8")
def test_withheld_reset_is_answered_and_stored_as_any_other(
    eve, new_browser, mailbox, dbsession, verify
):
    """Only the row says that it was not sent, and the user's link stays usable."""
    verified = new_browser()
    verified.sign_up(email="grace@example.com")
    verify()
    new_browser().sign_up()
    browser = new_browser()
    link = reset_link(browser, mailbox)
    for _ in range(LIMIT - 2):
        request_change(eve, ADA)
    answers = {
        email: request_reset(browser, email).text.replace(email, "EMAIL")
        for email in (ADA, "grace@example.com")
    }
    assert answers[ADA] == answers["grace@example.com"]
    reason = "not sent: limit of emails to an unverified email address"
    assert withheld(dbsession) == [("no_account", reason, None)]
    requested = sa.select(sa.func.count()).where(
        AuditEvent.type == "password_reset_requested",
        AuditEvent.user_id == sa.select(User.id).where(User.email == ADA).scalar_subquery(),
    )
    assert dbsession.scalar(requested) == 1
    assert choose(browser, link).status_int == 303


@pytest.mark.asvs("6.3.8")
def test_withheld_email_change_is_answered_as_any_other(eve, mailbox, dbsession):
    pages = []
    for _ in range(LIMIT + 1):
        page = request_change(eve, UNKNOWN)
        pages.append(page.html.main.get_text())
    assert len(set(pages)) == 1
    assert len(mailbox.all_for(UNKNOWN)) == LIMIT
    assert [template for template, _, _ in withheld(dbsession)] == ["change_email"]


def test_verified_address_gets_its_reset_link_beyond_the_limit(eve, new_browser, mailbox, verify):
    new_browser().sign_up()
    verify()
    for _ in range(LIMIT + 1):
        request_change(eve, ADA)
    assert reset_link(new_browser(), mailbox)


def test_user_who_requests_another_verification_is_told_the_limit(new_browser, mailbox):
    browser = new_browser()
    browser.sign_up()
    for _ in range(LIMIT - 1):
        page = browser.get("/verify-email")
        assert browser.submit(page, {}).status_int == 303
    answer = browser.submit(browser.get("/verify-email"), {})
    assert answer.status_int == 429
    assert "We sent you several emails today." in alert_of(answer)
    assert len(mailbox.all_for(ADA)) == LIMIT


@pytest.mark.parametrize("email", [UNKNOWN, ADA])
def test_unverified_former_address_is_in_no_email_to_others(eve, new_browser, mailbox, email):
    new_browser().sign_up()
    request_change(eve, email)
    template = "email_taken" if email == ADA else "change_email"
    mail = mailbox.latest(template, email)
    assert EVE not in mail.text + mail.html + mail.subject


def test_verified_former_address_is_in_the_email_to_the_new_one(eve, mailbox, verify):
    verify()
    request_change(eve, UNKNOWN)
    mail = mailbox.latest("change_email", UNKNOWN)
    assert EVE in mail.text
    assert EVE in mail.html
