"""Changing an address: both mailboxes are told, and only the new one's link changes anything."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.accounts.change_email import change_email, request_email_change
from authsite.accounts.email_links import (
    InvalidLink,
    Purpose,
    find_link,
    is_address_reserved,
    issue_link,
)
from authsite.accounts.users import EmailTaken
from authsite.email_addresses import parse_email_address
from authsite.models import EmailLink, OutboxMessage, User
from authsite.tokens import LinkToken
from tests.factories import NOW, a_user, an_audit_log, an_outbox, some_noise

DAY, WEEK = timedelta(days=1), timedelta(days=7)


@pytest.fixture
def ada(dbsession):
    """Somebody with an address, among others."""
    some_noise(dbsession)
    return a_user(dbsession, email="Ada@example.com", first_name="Ada", email_verified_at=NOW)


def ask(dbsession, user, email, *, now=NOW):
    """Ask for a new address."""
    request_email_change(
        dbsession,
        user,
        parse_email_address(email),
        audit=an_audit_log(),
        outbox=an_outbox(),
        verification_lifetime=DAY,
        revert_lifetime=WEEK,
        now=now,
    )


def follow(dbsession, token, *, user_id=None, now=NOW):
    """Follow the link, as the view does that knows whose it is."""
    link = find_link(dbsession, token, purpose=Purpose.CHANGE_EMAIL, now=NOW)
    owner = dbsession.get(User, user_id or (link.user_id if link else "nobody"))
    return change_email(
        dbsession,
        token,
        owner,
        audit=an_audit_log(),
        outbox=an_outbox(),
        revert_lifetime=WEEK,
        now=now,
    )


def mails(dbsession):
    """Return the text of each mail by its kind and recipient."""
    rows = dbsession.scalars(sa.select(OutboxMessage)).all()
    return {(row.type, row.recipient): row.text for row in rows}


def token_in(text, page):
    """Return the token of the link to a page."""
    return LinkToken.parse(text.split(f"https://site.example/{page}/")[1].split()[0])


def asked(dbsession, user, email="Ada@new.example"):
    """Ask, and return the token that the new mailbox got."""
    ask(dbsession, user, email)
    return token_in(
        mails(dbsession)["change_email", parse_email_address(email).mailbox], "change-email"
    )


def test_asking_changes_nothing_and_tells_both(dbsession, ada):
    ask(dbsession, ada, "Ada@new.example")
    assert (ada.email, ada.email_normalized) == ("Ada@example.com", "ada@example.com")
    told = mails(dbsession)
    assert set(told) == {
        ("change_email", "Ada@new.example"),
        ("email_change_requested", "Ada@example.com"),
    }
    assert "Ada@new.example" in told["email_change_requested", "Ada@example.com"]
    assert "/secure-account/" in told["email_change_requested", "Ada@example.com"]
    assert "/secure-account/" not in told["change_email", "Ada@new.example"]


def test_a_mail_to_an_address_that_is_not_proven_calls_nobody_by_name(dbsession, ada):
    ask(dbsession, ada, "Ada@new.example")
    assert "Hello,\n" in mails(dbsession)["change_email", "Ada@new.example"]
    assert "Hello Ada,\n" in mails(dbsession)["email_change_requested", "Ada@example.com"]


def test_following_the_link_changes_the_address_and_verifies_it(dbsession, ada):
    token = asked(dbsession, ada)
    later = NOW + timedelta(hours=23)
    assert follow(dbsession, token, now=later) is ada
    assert (ada.email, ada.email_normalized) == ("Ada@new.example", "ada@new.example")
    assert ada.email_verified_at == later


def test_the_former_address_is_told_and_can_undo_it_for_a_week(dbsession, ada):
    follow(dbsession, asked(dbsession, ada))
    text = mails(dbsession)["email_changed", "Ada@example.com"]
    assert "Ada@new.example" in text
    token = token_in(text, "secure-account")
    week_later = NOW + WEEK - timedelta(seconds=1)
    link = find_link(dbsession, token, purpose=Purpose.SECURE_ACCOUNT, now=week_later)
    assert (link.user_id, link.email_normalized) == (ada.id, "ada@example.com")
    assert find_link(dbsession, token, purpose=Purpose.SECURE_ACCOUNT, now=NOW + WEEK) is None


def test_a_link_is_followed_once(dbsession, ada):
    token = asked(dbsession, ada)
    follow(dbsession, token)
    with pytest.raises(InvalidLink):
        follow(dbsession, token)


def test_a_link_ends_after_its_time(dbsession, ada):
    token = asked(dbsession, ada)
    with pytest.raises(InvalidLink):
        follow(dbsession, token, now=NOW + DAY)
    assert ada.email == "Ada@example.com"


def test_a_newer_link_makes_the_older_one_void(dbsession, ada):
    older = asked(dbsession, ada, "first@new.example")
    newer = asked(dbsession, ada, "second@new.example")
    with pytest.raises(InvalidLink):
        follow(dbsession, older)
    follow(dbsession, newer)
    assert ada.email == "second@new.example"


def test_all_else_that_was_pending_is_void_but_what_takes_it_back(dbsession, ada):
    token = asked(dbsession, ada)
    for purpose in (Purpose.RESET_PASSWORD, Purpose.VERIFY_EMAIL):
        issue_link(
            dbsession,
            ada,
            purpose,
            email=ada.email,
            email_normalized=ada.email_normalized,
            lifetime=DAY,
            now=NOW,
        )
    follow(dbsession, token)
    purposes = dbsession.scalars(sa.select(EmailLink.purpose)).all()
    assert purposes == [Purpose.SECURE_ACCOUNT, Purpose.SECURE_ACCOUNT]


@pytest.mark.asvs("6.3.8")
def test_who_has_an_address_is_told_to_nobody_but_them(dbsession, ada):
    a_user(dbsession, email="grace@example.org")
    ask(dbsession, ada, "Grace@example.org")
    told = mails(dbsession)
    assert set(told) == {
        ("email_taken", "Grace@example.org"),
        ("email_change_requested", "Ada@example.com"),
    }
    assert "/change-email/" not in told["email_taken", "Grace@example.org"]


def test_an_address_that_was_taken_meanwhile_is_not_given_twice(dbsession, ada):
    token = asked(dbsession, ada)
    other = a_user(dbsession, email="ada@new.example")
    with pytest.raises(EmailTaken):
        follow(dbsession, token)
    dbsession.commit()
    assert dbsession.get_one(User, ada.id).email == "Ada@example.com"
    assert ("email_changed", "Ada@example.com") not in mails(dbsession)
    dbsession.delete(other)
    assert follow(dbsession, token).email == "Ada@new.example"


def test_an_address_that_its_former_owner_can_take_back_is_given_to_nobody(dbsession, ada):
    grace = a_user(dbsession, email="grace@example.org", email_verified_at=NOW)
    follow(dbsession, asked(dbsession, grace, "grace@new.example"))
    ask(dbsession, ada, "grace@example.org")
    assert ("email_taken", "grace@example.org") in mails(dbsession)
    token = issue_link(
        dbsession,
        ada,
        Purpose.CHANGE_EMAIL,
        email="grace@example.org",
        email_normalized="grace@example.org",
        lifetime=DAY,
        now=NOW,
    )
    with pytest.raises(EmailTaken):
        follow(dbsession, token)
    after = NOW + WEEK
    token = issue_link(
        dbsession,
        ada,
        Purpose.CHANGE_EMAIL,
        email="grace@example.org",
        email_normalized="grace@example.org",
        lifetime=DAY,
        now=after,
    )
    assert follow(dbsession, token, now=after).email == "grace@example.org"


def test_who_changes_back_meets_no_reservation_of_their_own(dbsession, ada):
    follow(dbsession, asked(dbsession, ada))
    follow(dbsession, asked(dbsession, ada, "ada@example.com"))
    assert ada.email == "ada@example.com"


def test_a_link_of_somebody_else_changes_nothing(dbsession, ada):
    token = asked(dbsession, ada)
    grace = a_user(dbsession, email="grace@example.org")
    for other in (grace.id, "nobody"):
        with pytest.raises(InvalidLink):
            follow(dbsession, token, user_id=other)
        dbsession.rollback()
    assert (ada.email, grace.email) == ("Ada@example.com", "grace@example.org")


def test_what_is_done_and_kept_is_the_same_for_an_address_that_somebody_has(dbsession, ada):
    a_user(dbsession, email="grace@example.org")
    for email in ("free@example.net", "grace@example.org"):
        older = asked(dbsession, ada, "older@example.net")
        ask(dbsession, ada, email)
        assert find_link(dbsession, older, purpose=Purpose.CHANGE_EMAIL, now=NOW) is None
        kept = dbsession.scalars(
            sa.select(EmailLink.email_normalized).where(EmailLink.purpose == Purpose.CHANGE_EMAIL)
        )
        assert kept.all() == [email]
        dbsession.execute(sa.delete(OutboxMessage))


def test_what_is_told_to_an_owner_goes_with_their_account(dbsession, ada):
    grace = a_user(dbsession, email="grace@example.org")
    ask(dbsession, ada, "grace@example.org")
    told = sa.select(OutboxMessage.template).where(OutboxMessage.user_id == grace.id)
    assert dbsession.scalars(told).all() == ["email_taken"]


def test_a_former_address_that_was_never_proven_has_no_claim(dbsession, ada):
    """It may be a stranger's, by a typing mistake; nor is it kept from them."""
    ada.email_verified_at = None
    dbsession.commit()
    token = asked(dbsession, ada)
    told = mails(dbsession)["email_change_requested", "Ada@example.com"]
    assert "new.example" not in told
    follow(dbsession, token)
    assert ("email_changed", "Ada@example.com") not in mails(dbsession)
    left = token_in(told, "secure-account")
    assert find_link(dbsession, left, purpose=Purpose.SECURE_ACCOUNT, now=NOW) is None
    assert not is_address_reserved(dbsession, "ada@example.com", user_id="another", now=NOW)
