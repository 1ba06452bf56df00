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
INCORRECT = "Incorrect email or password."
HINT = "Just signed up? Open the link we emailed you first."
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
    paths = [each["href"] for each in page.html.main.find_all("a")]
    assert paths == ["/sign-in", "/sign-up"]
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
    assert attacker.sign_in(password=ATTACKERS_PASSWORD).status_int == 422
    previous = link_for(mailbox)
    let_time_pass(A_WHILE)
    assert ada.sign_up().status_int == 200
    assert templates_for(mailbox) == ["verify_email"] * 2
    ada.get(previous, status=410)
    email = mailbox.latest("verify_email")
    for part in (email.text, email.html):
        assert "already has an account, which" in part
        assert "did not store the name and password" in part
        assert "Mallory" not in part
    page = ada.get(link_for(mailbox))
    assert "the name and password from the first time" in " ".join(page.html.main.text.split())
    page = ada.submit(page, {"password": PASSWORD})
    assert page.status_int == 422
    form = button_of(page, "I don't know the password")
    answer = form.submit("without_password", headers=HERE)
    assert answer.location.startswith("http://localhost/reset-password/")
    assert attacker.sign_in(password=ATTACKERS_PASSWORD).status_int == 422
    user = dbsession.scalars(sa.select(User)).one()
    assert (user.password_hash, user.email_verified_at is not None) == (None, True)
    chosen = {"password": PASSWORD, "confirm_password": PASSWORD}
    assert ada.submit(answer.follow(), chosen).location == "http://localhost/sign-in"
    assert attacker.sign_in(password=ATTACKERS_PASSWORD).status_int == 422
    assert ada.sign_in().status_int == 303


def test_repeated_sign_up_keeps_the_first_password(new_visitor, mailbox, let_time_pass):
    """Neither the password nor the name of the second sign-up is stored."""
    ada, attacker = new_visitor(), new_visitor()
    ada.sign_up()
    let_time_pass(A_WHILE)
    attacker.sign_up(first_name="Mallory", password=ATTACKERS_PASSWORD)
    assert follow(attacker, link_for(mailbox), ATTACKERS_PASSWORD).status_int == 422
    assert follow(ada, link_for(mailbox)).status_int == 303
    assert "Mallory" not in ada.get("/account")


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
@pytest.mark.parametrize("password", [PASSWORD, "not that one"])
def test_unverified_user_cannot_sign_in(visitor, mailbox, let_time_pass, services, password):
    """A new link is emailed; a wrong password shows no difference."""
    visitor.sign_up()
    previous = link_for(mailbox)
    let_time_pass(A_WHILE)
    page = visitor.sign_in(" ADA@example.com ", password)
    assert page.status_int == 422
    assert alert_of(page) == f"{INCORRECT} {HINT}"
    assert visitor.cookie is None
    assert "authsite_device" not in visitor.app.cookies
    assert rows_of(services)["authsite_session"] == []
    visitor.get(previous, status=410)
    assert follow(visitor, link_for(mailbox)).status_int == 303
    assert visitor.is_signed_in


@pytest.mark.asvs("6.3.8")
@pytest.mark.parametrize("email", [ADA, "unknown@example.com"])
def test_every_failed_sign_in_shows_the_hint(visitor, mailbox, email):
    visitor.sign_up()
    follow(visitor, link_for(mailbox))
    visitor.sign_out()
    assert HINT not in visitor.get("/sign-in")
    assert alert_of(visitor.sign_in(email, "not that one")) == f"{INCORRECT} {HINT}"


def test_optional_verification_shows_no_hint(browser):
    assert alert_of(browser.sign_in()) == INCORRECT


@pytest.mark.asvs("6.3.8")
def test_unverified_sign_ins_count_as_failures(new_site, mailbox, let_time_pass):
    _, ada = new_site(REQUIRED | {"authsite.throttle.sign_in_account": "2/1h"})
    ada.sign_up()
    assert [ada.sign_in().status_int for _ in range(3)] == [422, 422, 429]
    let_time_pass(timedelta(hours=1))
    assert follow(ada, link_for(mailbox)).status_int == 303


@pytest.mark.asvs("6.3.1")
def test_failed_sign_ins_elsewhere_do_not_throttle_a_link(new_site, mailbox):
    """Ada typed nothing wrong, but an attacker did, elsewhere."""
    _, ada = new_site(REQUIRED)
    _, attacker = new_site(REQUIRED, REMOTE_ADDR="203.0.113.9")
    ada.sign_up()
    statuses = {attacker.sign_in(password=ATTACKERS_PASSWORD).status_int for _ in range(11)}
    assert statuses == {422, 429}
    assert follow(ada, link_for(mailbox)).status_int == 303


@pytest.mark.asvs("6.3.1")
def test_passwords_behind_a_link_are_throttled(new_site, mailbox):
    _, ada = new_site(REQUIRED)
    ada.sign_up()
    link = link_for(mailbox)
    statuses = [follow(ada, link, ATTACKERS_PASSWORD).status_int for _ in range(11)]
    assert statuses == [422] * 10 + [429]
    assert templates_for(mailbox) == ["verify_email"]


@pytest.mark.asvs("6.3.8")
def test_right_passwords_by_link_do_not_count_as_failures(new_site, mailbox):
    _, ada = new_site(REQUIRED | {"authsite.throttle.sign_in_account": "1/1h"})
    ada.sign_up()
    assert follow(ada, link_for(mailbox)).status_int == 303
    ada.sign_out()
    assert ada.sign_in().status_int == 303


def test_history_shows_unverified_sign_ins_as_failed(visitor, mailbox):
    visitor.sign_up()
    visitor.sign_in()
    follow(visitor, link_for(mailbox))
    assert "Failed sign-in" in visitor.get("/account/history")
    assert "failed sign-in attempt" not in visitor.get("/account")


@pytest.mark.asvs("6.3.8")
def test_suspension_of_an_unverified_account_is_not_shown(visitor, mailbox, dbsession):
    visitor.sign_up()
    link = link_for(mailbox)
    mailbox.empty()
    reason = {"suspended_at": utc_now(), "suspension_reason": "We know why."}
    dbsession.execute(sa.update(User).values(reason))
    dbsession.commit()
    page = visitor.sign_in()
    assert (page.status_int, alert_of(page)) == (422, f"{INCORRECT} {HINT}")
    assert templates_for(mailbox) == []
    page = follow(visitor, link)
    assert page.status_int == 403
    assert "We know why." in page


@pytest.mark.asvs("6.3.1")
def test_verification_emails_are_throttled(visitor, mailbox):
    visitor.sign_up()
    link = link_for(mailbox)
    assert visitor.sign_in().status_int == 422
    assert visitor.sign_up().html.h1.get_text() == "Check your email"
    assert templates_for(mailbox) == ["verify_email"]
    visitor.get(link, status=200)


def test_wrong_password_behind_a_link_keeps_the_link(visitor, mailbox, let_time_pass):
    visitor.sign_up()
    link = link_for(mailbox)
    let_time_pass(A_WHILE)
    assert follow(visitor, link, "not that one").status_int == 422
    assert templates_for(mailbox) == ["verify_email"]
    assert follow(visitor, link).status_int == 303


def test_failed_sign_in_does_not_use_up_the_email_of_a_sign_up(visitor, mailbox):
    """A visitor tries to sign in, has no account, and signs up."""
    assert visitor.sign_in().status_int == 422
    visitor.sign_up()
    assert templates_for(mailbox) == ["verify_email"]


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
