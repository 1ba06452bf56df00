"""Changing an email address: the link that the new mailbox gets does it, once."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.accounts.change_email import change_email, request_email_change
from authsite.accounts.email_links import InvalidLink, Purpose, is_address_reserved, issue_link
from authsite.accounts.users import EmailTaken
from authsite.email_addresses import parse_email_address
from authsite.models import EmailLink, OutboxMessage, User
from tests.factories import NOW, a_user, some_noise
from tests.mailbox import content_of
from tests.unit.accounts.links import active_link, is_active, token_in

DAY, WEEK = timedelta(days=1), timedelta(days=7)


@pytest.fixture
def ada(dbsession):
    """A user with a verified address, and other users."""
    some_noise(dbsession)
    return a_user(dbsession, email="Ada@example.com", first_name="Ada", email_verified_at=NOW)


def ask(work, user, email):
    """Request a change to this address."""
    request_email_change(work, user, parse_email_address(email))


def follow(work, token):
    """Follow the link as its user."""
    link = active_link(work, token, Purpose.CHANGE_EMAIL)
    return change_email(work, link, work.dbsession.get(User, link.user_id))


def emails(work):
    """Return the text of each email by its template and recipient."""
    rows = work.dbsession.scalars(sa.select(OutboxMessage)).all()
    return {(row.template, row.recipient): content_of(row).text for row in rows}


def token_for(work, user, email="Ada@new.example"):
    """Request a change, and return the token that the new mailbox got."""
    ask(work, user, email)
    sent = emails(work)["change_email", parse_email_address(email).mailbox]
    return token_in(sent, "change-email")


def test_email_change_request_emails_both_addresses(work, ada):
    ask(work, ada, "Ada@new.example")
    assert (ada.email, ada.email_normalized) == ("Ada@example.com", "ada@example.com")
    sent = emails(work)
    assert set(sent) == {
        ("change_email", "Ada@new.example"),
        ("email_change_requested", "Ada@example.com"),
    }
    assert "Ada@new.example" in sent["email_change_requested", "Ada@example.com"]
    assert "/secure-account/" in sent["email_change_requested", "Ada@example.com"]
    assert "/secure-account/" not in sent["change_email", "Ada@new.example"]


def test_email_to_an_unverified_address_has_no_name(work, ada):
    ask(work, ada, "Ada@new.example")
    assert "Hello,\n" in emails(work)["change_email", "Ada@new.example"]
    assert "Hello Ada,\n" in emails(work)["email_change_requested", "Ada@example.com"]


def test_email_change_link_changes_and_verifies_the_address(begin, work, ada):
    token = token_for(work, ada)
    later = begin(now=NOW + timedelta(hours=23))
    assert follow(later, token) is ada
    assert (ada.email, ada.email_normalized) == ("Ada@new.example", "ada@new.example")
    assert ada.email_verified_at == later.now


def test_previous_address_can_undo_the_change_for_a_week(begin, work, ada):
    follow(work, token_for(work, ada))
    text = emails(work)["email_changed", "Ada@example.com"]
    assert "Ada@new.example" in text
    token = token_in(text, "secure-account")
    almost = begin(now=NOW + WEEK - timedelta(seconds=1))
    link = active_link(almost, token, Purpose.SECURE_ACCOUNT)
    assert (link.user_id, link.email_normalized) == (ada.id, "ada@example.com")
    assert not is_active(begin(now=NOW + WEEK), token, Purpose.SECURE_ACCOUNT)


def test_email_change_link_works_once(work, ada):
    link = active_link(work, token_for(work, ada), Purpose.CHANGE_EMAIL)
    change_email(work, link, ada)
    with pytest.raises(InvalidLink):
        change_email(work, link, ada)


def test_email_change_link_expires(begin, work, ada):
    link = active_link(work, token_for(work, ada), Purpose.CHANGE_EMAIL)
    with pytest.raises(InvalidLink):
        change_email(begin(now=NOW + DAY), link, ada)
    assert ada.email == "Ada@example.com"


def test_newer_email_change_link_revokes_the_older(work, ada):
    older = token_for(work, ada, "first@new.example")
    newer = token_for(work, ada, "second@new.example")
    with pytest.raises(InvalidLink):
        follow(work, older)
    follow(work, newer)
    assert ada.email == "second@new.example"


def test_email_change_revokes_links_except_secure_account(dbsession, work, ada):
    token = token_for(work, ada)
    for purpose in (Purpose.RESET_PASSWORD, Purpose.VERIFY_EMAIL):
        issue_link(work, ada, purpose)
    follow(work, token)
    purposes = dbsession.scalars(sa.select(EmailLink.purpose)).all()
    assert purposes == [Purpose.SECURE_ACCOUNT, Purpose.SECURE_ACCOUNT]


@pytest.mark.asvs("6.3.8")
def test_email_change_to_a_taken_address_emails_its_owner(dbsession, work, ada):
    grace = a_user(dbsession, email="grace@example.org")
    ask(work, ada, "Grace@example.org")
    sent = emails(work)
    assert set(sent) == {
        ("email_taken", "Grace@example.org"),
        ("email_change_requested", "Ada@example.com"),
    }
    assert "/change-email/" not in sent["email_taken", "Grace@example.org"]
    owner = sa.select(OutboxMessage.user_id).where(OutboxMessage.template == "email_taken")
    assert dbsession.scalars(owner).all() == [grace.id]


def test_email_change_refuses_an_address_taken_meanwhile(dbsession, work, ada):
    token = token_for(work, ada)
    other = a_user(dbsession, email="ada@new.example")
    with pytest.raises(EmailTaken):
        follow(work, token)
    dbsession.commit()
    assert dbsession.get(User, ada.id).email == "Ada@example.com"
    assert ("email_changed", "Ada@example.com") not in emails(work)
    dbsession.delete(other)
    assert follow(work, token).email == "Ada@new.example"


def test_email_change_refuses_a_reserved_address(dbsession, begin, work, ada):
    grace = a_user(dbsession, email="grace@example.org", email_verified_at=NOW)
    follow(work, token_for(work, grace, "grace@new.example"))
    ask(work, ada, "grace@example.org")
    assert ("email_taken", "grace@example.org") in emails(work)
    email = parse_email_address("grace@example.org")
    with pytest.raises(EmailTaken):
        follow(work, issue_link(work, ada, Purpose.CHANGE_EMAIL, email=email))
    later = begin(now=NOW + WEEK)
    token = issue_link(later, ada, Purpose.CHANGE_EMAIL, email=email)
    assert follow(later, token).email == "grace@example.org"


def test_email_change_back_ignores_own_reservation(work, ada):
    follow(work, token_for(work, ada))
    follow(work, token_for(work, ada, "ada@example.com"))
    assert ada.email == "ada@example.com"


def test_email_change_link_rejects_other_users(dbsession, work, ada):
    link = active_link(work, token_for(work, ada), Purpose.CHANGE_EMAIL)
    grace = a_user(dbsession, email="grace@example.org")
    for other in (grace, None):
        with pytest.raises(InvalidLink):
            change_email(work, link, other)
        dbsession.rollback()
    assert (ada.email, grace.email) == ("Ada@example.com", "grace@example.org")


def test_email_change_stores_the_same_for_taken_addresses(dbsession, work, ada):
    a_user(dbsession, email="grace@example.org")
    for email in ("free@example.net", "grace@example.org"):
        older = token_for(work, ada, "older@example.net")
        ask(work, ada, email)
        assert not is_active(work, older, Purpose.CHANGE_EMAIL)
        stored = dbsession.scalars(
            sa.select(EmailLink.email_normalized).where(EmailLink.purpose == Purpose.CHANGE_EMAIL)
        )
        assert stored.all() == [email]
        dbsession.execute(sa.delete(OutboxMessage))


def test_unverified_previous_address_has_no_claim(dbsession, work, ada):
    """It may belong to someone else, by a typing mistake; nor is it kept from them."""
    ada.email_verified_at = None
    dbsession.commit()
    token = token_for(work, ada)
    sent = emails(work)["email_change_requested", "Ada@example.com"]
    assert "new.example" not in sent
    follow(work, token)
    assert ("email_changed", "Ada@example.com") not in emails(work)
    assert not is_active(work, token_in(sent, "secure-account"), Purpose.SECURE_ACCOUNT)
    assert not is_address_reserved(work, "ada@example.com", user_id="another")
