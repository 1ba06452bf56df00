"""Where an address must be verified first: nobody gets in before, nobody learns who is there."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from webtest import TestApp

from authsite.clock import utc_now
from authsite.models import EmailLink, User
from tests.browsers import PASSWORD, Browser
from tests.functional.crowds import BUSY, full_queue
from tests.functional.reading import alert_of, button_of, rows_of, said_beside

REQUIRED = {"authsite.email.verification": "required"}
ADA = "ada@example.com"
OF_THE_STRANGER = "eleven blue otters sing"
A_WHILE = timedelta(minutes=4)
HERE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def new_visitor(new_site):
    """Make browsers before a site on which addresses must be verified."""
    _, first = new_site(REQUIRED)
    return lambda: Browser(TestApp(first.app.app))


@pytest.fixture
def visitor(new_visitor):
    """One of them."""
    return new_visitor()


def link_for(mailbox, address=ADA):
    """Return where the last link to verify this address leads."""
    return mailbox.latest("verify_email", address).path_to("verify-email")


def follow(browser, link, password=PASSWORD):
    """Open the link and enter the password."""
    return browser.submit(browser.get(link, status=200), {"password": password})


def kinds_for(mailbox, address=ADA):
    """Return of what kinds the mails to this address are."""
    return [mail.template for mail in mailbox.all_for(address)]


def test_who_signs_up_is_sent_to_their_mail_and_gets_in_by_the_link(visitor, mailbox, dbsession):
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
    page = eve.sign_up(first_name="Eve", password=OF_THE_STRANGER)
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
    eve.sign_up(first_name="Eve", password=OF_THE_STRANGER)
    assert kinds_for(mailbox) == ["sign_up_existing_account"]
    assert ada.is_signed_in
    assert not eve.is_signed_in


@pytest.mark.asvs("7.4.3")
def test_owner_claims_an_email_that_an_attacker_used(
    new_visitor, mailbox, dbsession, let_time_pass
):
    """A stranger has signed up with Ada's address; then she does, without knowing of it."""
    stranger, ada = new_visitor(), new_visitor()
    stranger.sign_up(first_name="Mallory", password=OF_THE_STRANGER)
    assert stranger.sign_in(password=OF_THE_STRANGER).status_int == 200
    former = link_for(mailbox)
    let_time_pass(A_WHILE)
    assert ada.sign_up().status_int == 200
    assert kinds_for(mailbox) == ["verify_email"] * 2
    ada.get(former, status=410)
    page = ada.get(link_for(mailbox))
    page = ada.submit(page, {"password": PASSWORD})
    assert page.status_int == 422  # it is the stranger's account, until now
    form = button_of(page, "I don't know the password")
    answer = form.submit("without_password", headers=HERE)
    assert answer.location.startswith("http://localhost/reset-password/")
    assert stranger.sign_in(password=OF_THE_STRANGER).status_int == 422
    user = dbsession.scalars(sa.select(User)).one()
    assert (user.password_hash, user.email_verified_at is not None) == (None, True)


def test_a_stranger_who_is_signed_in_from_before_is_out_too(
    new_browser, new_visitor, mailbox, let_time_pass
):
    """The stranger signed up while the site did not ask for proof yet."""
    stranger, ada = new_browser(), new_visitor()
    stranger.sign_up(password=OF_THE_STRANGER)
    let_time_pass(A_WHILE)
    ada.sign_up()
    form = button_of(ada.get(link_for(mailbox)), "I don't know the password")
    assert form.submit("without_password", headers=HERE).status_int == 303
    assert not stranger.is_signed_in
    assert stranger.sign_in(password=OF_THE_STRANGER).status_int == 422


@pytest.mark.asvs("2.3.1")
def test_the_right_password_opens_nothing_before_the_address_is_verified(
    visitor, mailbox, let_time_pass, services
):
    visitor.sign_up()
    former = link_for(mailbox)
    let_time_pass(A_WHILE)
    page = visitor.sign_in(" ADA@example.com ")
    assert page.status_int == 200
    assert page.html.h1.get_text() == "Check your email"
    assert "We sent a link to ada@example.com." in page
    assert visitor.cookie is None
    assert "device" not in visitor.app.cookies
    assert rows_of(services)["authsite_session"] == []
    visitor.get(former, status=410)
    assert follow(visitor, link_for(mailbox)).status_int == 303
    assert visitor.is_signed_in


@pytest.mark.asvs("6.3.1")
def test_no_mail_is_sent_too_soon_after_the_last(visitor, mailbox):
    visitor.sign_up()
    link = link_for(mailbox)
    assert visitor.sign_in().html.h1.get_text() == "Check your email"
    assert visitor.sign_up().html.h1.get_text() == "Check your email"
    assert kinds_for(mailbox) == ["verify_email"]
    visitor.get(link, status=200)


def test_a_wrong_password_is_told_as_ever_and_no_mail_is_sent(visitor, mailbox):
    visitor.sign_up()
    mailbox.empty()
    page = visitor.sign_in(password="not that one")
    assert page.status_int == 422
    assert alert_of(page) == "Incorrect email or password."
    assert kinds_for(mailbox) == []


def test_who_signs_up_in_a_crowd_is_asked_to_come_back_as_ever(new_site, services, mailbox):
    crowded, browser = new_site(BUSY | REQUIRED)
    with full_queue(crowded.hasher):
        assert browser.sign_up().status_int == 503
    assert rows_of(services)["authsite_user"] == []
    assert mailbox.all_for() == []


@pytest.mark.parametrize("taken", [True, False])
def test_mistakes_are_explained_as_ever_whoever_has_the_address(new_visitor, mailbox, taken):
    if taken:
        new_visitor().sign_up()
    mailbox.empty()
    page = new_visitor().sign_up(password="password1")
    assert page.status_int == 422
    assert "This password is too common." in said_beside(page, "password")
    assert mailbox.all_for() == []


def test_an_address_that_was_given_up_of_late_makes_no_account(
    visitor, mailbox, dbsession, services, let_time_pass
):
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
