"""Sites that require verification: no sign-in before it, and no hint who has an account."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from webtest import TestApp

from authsite.clock import utc_now
from authsite.models import EmailLink, User
from tests.browsers import PASSWORD, Browser
from tests.functional.crowds import BUSY, full_queue
from tests.functional.reading import alert_of, button_of, description_of, rows_of

REQUIRED = {"authsite.email.verification": "required"}
ADA = "ada@example.com"
ATTACKERS_PASSWORD = "eleven blue otters sing"
A_WHILE = timedelta(minutes=4)
HERE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def new_visitor(new_site):
    """Make browsers of a site that requires verification."""
    _, first = new_site(REQUIRED)
    return lambda: Browser(TestApp(first.app.app))


@pytest.fixture
def visitor(new_visitor):
    """A browser of that site."""
    return new_visitor()


def link_for(mailbox, email=ADA):
    """Return the path of the last verification link to this email."""
    return mailbox.latest("verify_email", email).path_to("verify-email")


def follow(browser, link, password=PASSWORD):
    """Open the link and enter the password."""
    return browser.submit(browser.get(link, status=200), {"password": password})


def templates_for(mailbox, email=ADA):
    """Return the templates of all emails to this recipient."""
    return [mail.template for mail in mailbox.all_for(email)]


def test_sign_up_signs_in_only_after_verification(visitor, mailbox, dbsession):
    page = visitor.sign_up(email=" Ada@Example.com ")
    assert page.status_int == 200
    assert page.html.h1.get_text() == "Check your email"
    assert "We sent a link to Ada@Example.com." in page
    assert visitor.cookie is None
    assert not visitor.is_signed_in
    assert dbsession.scalar(sa.select(User.email_verified_at)) is None
    answer = follow(visitor, link_for(mailbox, "Ada@example.com"))
    assert answer.location == "http://localhost/dashboard"
    assert visitor.is_signed_in
    assert visitor.sign_out().status_int == 303
    assert visitor.sign_in().status_int == 303


@pytest.mark.asvs("6.3.8")
def test_sign_up_with_a_taken_email_notifies_its_owner_only(
    new_visitor, mailbox, services, let_time_pass
):
    ada, eve = new_visitor(), new_visitor()
    ada.sign_up()
    follow(ada, link_for(mailbox))
    mailbox.empty()
    let_time_pass(A_WHILE)
    before = rows_of(services)
    page = eve.sign_up(first_name="Eve", password=ATTACKERS_PASSWORD)
    assert page.status_int == 200
    assert f"We sent a link to {ADA}." in page
    assert rows_of(services) == before
    mail = mailbox.latest("sign_up_existing_account")
    assert mail.subject == "About your authsite sign-up"
    assert "Hello Ada," in mail.text
    for part in (mail.text, mail.html):
        assert "http://localhost/sign-in" in part
        assert "http://localhost/forgot-password" in part
        assert "Eve" not in part
    eve.sign_up(first_name="Eve", password=ATTACKERS_PASSWORD)
    assert templates_for(mailbox) == ["sign_up_existing_account"]
    assert ada.is_signed_in
    assert not eve.is_signed_in


@pytest.mark.asvs("7.4.3")
def test_owner_claims_an_email_that_an_attacker_used(
    new_visitor, mailbox, dbsession, let_time_pass
):
    """An attacker has signed up with Ada's email; then she signs up, without knowing of it."""
    attacker, ada = new_visitor(), new_visitor()
    attacker.sign_up(first_name="Mallory", password=ATTACKERS_PASSWORD)
    assert attacker.sign_in(password=ATTACKERS_PASSWORD).status_int == 200
    previous = link_for(mailbox)
    let_time_pass(A_WHILE)
    assert ada.sign_up().status_int == 200
    assert templates_for(mailbox) == ["verify_email"] * 2
    ada.get(previous, status=410)
    page = ada.get(link_for(mailbox))
    page = ada.submit(page, {"password": PASSWORD})
    assert page.status_int == 422
    form = button_of(page, "I don't know the password")
    answer = form.submit("without_password", headers=HERE)
    assert answer.location.startswith("http://localhost/reset-password/")
    assert attacker.sign_in(password=ATTACKERS_PASSWORD).status_int == 422
    user = dbsession.scalars(sa.select(User)).one()
    assert (user.password_hash, user.email_verified_at is not None) == (None, True)


def test_claim_ends_the_attackers_earlier_session(new_browser, new_visitor, mailbox, let_time_pass):
    """The attacker signed up before the site required verification."""
    attacker, ada = new_browser(), new_visitor()
    attacker.sign_up(password=ATTACKERS_PASSWORD)
    let_time_pass(A_WHILE)
    ada.sign_up()
    form = button_of(ada.get(link_for(mailbox)), "I don't know the password")
    assert form.submit("without_password", headers=HERE).status_int == 303
    assert not attacker.is_signed_in
    assert attacker.sign_in(password=ATTACKERS_PASSWORD).status_int == 422


@pytest.mark.asvs("2.3.1")
def test_unverified_user_cannot_sign_in(visitor, mailbox, let_time_pass, services):
    visitor.sign_up()
    previous = link_for(mailbox)
    let_time_pass(A_WHILE)
    page = visitor.sign_in(" ADA@example.com ")
    assert page.status_int == 200
    assert page.html.h1.get_text() == "Check your email"
    assert "We sent a link to ada@example.com." in page
    assert visitor.cookie is None
    assert "device" not in visitor.app.cookies
    assert rows_of(services)["authsite_session"] == []
    visitor.get(previous, status=410)
    assert follow(visitor, link_for(mailbox)).status_int == 303
    assert visitor.is_signed_in


@pytest.mark.asvs("6.3.1")
def test_verification_emails_are_throttled(visitor, mailbox):
    visitor.sign_up()
    link = link_for(mailbox)
    assert visitor.sign_in().html.h1.get_text() == "Check your email"
    assert visitor.sign_up().html.h1.get_text() == "Check your email"
    assert templates_for(mailbox) == ["verify_email"]
    visitor.get(link, status=200)


def test_wrong_password_sends_no_email(visitor, mailbox):
    visitor.sign_up()
    mailbox.empty()
    page = visitor.sign_in(password="not that one")
    assert page.status_int == 422
    assert alert_of(page) == "Incorrect email or password."
    assert templates_for(mailbox) == []


def test_full_hash_queue_delays_sign_up(new_site, services, mailbox):
    busy, browser = new_site(BUSY | REQUIRED)
    with full_queue(busy.hasher):
        assert browser.sign_up().status_int == 503
    assert rows_of(services)["authsite_user"] == []
    assert mailbox.all_for() == []


@pytest.mark.parametrize("taken", [True, False])
def test_form_errors_do_not_reveal_registered_emails(new_visitor, mailbox, taken):
    if taken:
        new_visitor().sign_up()
    mailbox.empty()
    page = new_visitor().sign_up(password="password1234")
    assert page.status_int == 422
    assert "This password is too common." in description_of(page, "password")
    assert mailbox.all_for() == []


def test_reserved_email_creates_no_account(visitor, mailbox, dbsession, services, let_time_pass):
    visitor.sign_up()
    now = utc_now()
    dbsession.execute(
        sa.update(User).values(email="new@example.com", email_normalized="new@example.com")
    )
    moved = {"purpose": "secure_account", "expires_at": now + timedelta(days=7)}
    dbsession.execute(sa.update(EmailLink).values(moved))
    dbsession.commit()
    let_time_pass(A_WHILE)
    before = rows_of(services)
    assert visitor.sign_up().status_int == 200
    assert rows_of(services) == before
    assert "Until recently" in mailbox.latest("sign_up_existing_account").text
    dbsession.execute(sa.update(EmailLink).values(expires_at=now))
    dbsession.commit()
    visitor.sign_up()
    assert len(rows_of(services)["authsite_user"]) == 2
