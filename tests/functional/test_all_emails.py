"""Every email template is delivered by SMTP, and all links in the emails work."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

import authsite
from authsite.clock import utc_now
from tests.browsers import PASSWORD, Browser
from tests.smtp import Mailserver, Received, a_mailserver

TEMPLATES = {
    folder.name
    for folder in (Path(authsite.__file__).parent / "templates/authsite/mail").iterdir()
    if folder.is_dir()
}
NEW_PASSWORD = "eight blue llamas hum"
#: When the last of these emails is due: the reminder before an account is deleted.
LATER = timedelta(days=12)

_LINK = re.compile(r"http://localhost(/\S*)")


@pytest.fixture
def mailserver() -> Iterator[Mailserver]:
    """A server that accepts every email."""
    with a_mailserver() as server:
        yield server


def cause_every_email(browser: Browser, other: Browser, mailbox, verify) -> None:
    """Do everything that an email reports."""
    other.sign_up(email="grace@example.org")
    browser.sign_up()
    verify()
    browser.submit(browser.get("/forgot-password"), {"email": "ada@example.com"})
    browser.submit(browser.get("/forgot-password"), {"email": "unknown@example.com"})
    # The email is taken.
    other.sign_up()
    browser.submit(
        browser.get("/account/password"),
        {
            "current_password": PASSWORD,
            "password": NEW_PASSWORD,
            "confirm_password": NEW_PASSWORD,
        },
    )
    for email in ("grace@example.org", "ada@new.example"):
        browser.submit(browser.get("/account/email"), {"email": email})
    link = mailbox.latest("change_email", "ada@new.example").path_to("change-email")
    browser.submit(browser.get(link), {})
    back = mailbox.latest("email_changed").path_to("secure-account")
    reset_token = browser.submit(browser.get(back), {}).follow()
    browser.submit(reset_token, {"password": PASSWORD, "confirm_password": PASSWORD})
    browser.sign_in()
    browser.app.reset()
    browser.sign_in()
    browser.submit(browser.get("/account/close"), {"password": PASSWORD})


def text_of(received: Received) -> str:
    """Return the text part of an email."""
    return received.mail.get_body(("plain",)).get_content()


def test_all_emails_are_delivered_with_working_links(new_site, mailbox, mailserver, verify):
    smtp = {"authsite.mail.host": "127.0.0.1", "authsite.mail.port": str(mailserver.port)}
    unthrottled = {"authsite.throttle.email_recipient": "off"}
    services, browser = new_site(smtp | unthrottled)
    strict = {"authsite.email.verification": "required"}
    _, other = new_site(smtp | unthrottled | strict)
    cause_every_email(browser, other, mailbox, verify)
    written = mailbox.all_for()
    assert {mail.template for mail in written} == TEMPLATES
    # The name of a site may begin with a vowel.
    assert not [mail for mail in written if re.search(r"\ba authsite", "\n".join(mail))]
    ended = services.mail_worker.deliver_due(now=utc_now() + LATER)
    assert (ended.delivered, ended.rescheduled, ended.failed) == (len(written), 0, 0)
    assert mailbox.all_for() == []
    assert len(mailserver.received) == len(written)
    by_subject = {mail.subject: mail for mail in written}
    for received in mailserver.received:
        mail = by_subject[received.mail["Subject"]]
        assert received.sender == "no-reply@localhost"
        assert len(received.recipients) == 1
        assert received.mail["To"] == received.recipients[0]
        assert received.mail["Auto-Submitted"] == "auto-generated"
        assert received.mail["Message-ID"]
        assert received.mail["Date"]
        html = received.mail.get_body(("html",)).get_content()
        for link in _LINK.findall(text_of(received)):
            page = other.get(link, expect_errors=True)
            assert page.status_int in {200, 410}, (mail.template, link)
            assert link in html
