"""Proving an address: what it opens, for whom, and what it ends."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.accounts.email_links import InvalidLink, Purpose, find_link, issue_link
from authsite.accounts.sign_in import InvalidCredentials
from authsite.accounts.users import Credential
from authsite.accounts.verify_email import (
    claim_account,
    send_verification,
    send_verification_at_sign_in,
    verify_email,
    verify_email_by_password,
)
from authsite.models import EmailLink, OutboxMessage, User, UserSession
from authsite.throttling.mail_limits import hit_email, try_hit_email
from authsite.throttling.throttles import RateLimited
from authsite.tokens import LinkToken
from tests.factories import (
    NOW,
    a_session,
    a_user,
    an_audit_log,
    an_outbox,
    some_noise,
    throttles_for,
)

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
ADA = "ada@example.com"


@pytest.fixture
def ada(dbsession) -> User:
    """Somebody who has not verified their address, signed in twice, among others."""
    some_noise(dbsession)
    ada = a_user(dbsession, email="Ada@example.com", password_hash="of whoever signed up")
    a_session(dbsession, ada)
    a_session(dbsession, ada)
    return ada


@pytest.fixture
def token(dbsession, ada) -> LinkToken:
    """The link in the mail to Ada."""
    return a_link(dbsession, ada)


def a_link(dbsession, user, purpose=Purpose.VERIFY_EMAIL, **values) -> LinkToken:
    """Send the user a link, of which the test follows the token."""
    sent = {
        "email": user.email,
        "email_normalized": user.email_normalized,
        "lifetime": DAY,
        "now": NOW,
    }
    token = issue_link(dbsession, user, purpose, **sent | values)
    dbsession.commit()
    return token


def by_session(dbsession, token, user):
    """Follow the link as the user, signed in."""
    verify_email(dbsession, token, user_id=user.id, audit=an_audit_log(), now=NOW)


def by_password(dbsession, token, user):
    """Follow the link as somebody who has shown the password."""
    verify_email_by_password(dbsession, token, credential_of(user), audit=an_audit_log(), now=NOW)


def by_claim(dbsession, token, user):
    """Follow the link as somebody who has nothing but the link."""
    return claim_account(
        dbsession, token, user_id=user.id, audit=an_audit_log(), reset_link_lifetime=HOUR, now=NOW
    )


def credential_of(user) -> Credential:
    """Return what was read of the user when the password was judged."""
    return Credential(user.id, user.password_hash, user.email_verified_at, user.delete_after)


EVERY_WAY = pytest.mark.parametrize("follow", [by_session, by_password, by_claim])


def sessions_by_owner(dbsession) -> dict[str, int]:
    """Return how many sessions each person has."""
    owners = sa.select(UserSession.user_id, sa.func.count()).group_by(UserSession.user_id)
    return dict(dbsession.execute(owners).all())


@EVERY_WAY
def test_the_address_is_proven_and_nobody_elses(dbsession, ada, token, follow):
    follow(dbsession, token, ada)
    dbsession.commit()
    proven = sa.select(User.id).where(User.email_verified_at == NOW)
    assert dbsession.scalars(proven).all() == [ada.id]


@pytest.mark.parametrize("follow", [by_session, by_password])
def test_who_has_shown_more_than_the_link_keeps_password_and_sessions(
    dbsession, ada, token, follow
):
    before = sessions_by_owner(dbsession)
    follow(dbsession, token, ada)
    dbsession.commit()
    assert ada.password_hash == "of whoever signed up"
    assert sessions_by_owner(dbsession) == before


@pytest.mark.asvs("7.4.3")
def test_who_has_the_link_alone_gets_the_account_without_whoever_signed_up(dbsession, ada, token):
    a_link(dbsession, ada, Purpose.SECURE_ACCOUNT)
    a_link(dbsession, ada, Purpose.RESET_PASSWORD)
    before = sessions_by_owner(dbsession)
    reset = by_claim(dbsession, token, ada)
    dbsession.commit()
    assert ada.password_hash is None
    assert sessions_by_owner(dbsession) == {
        owner: number for owner, number in before.items() if owner != ada.id
    }
    [left] = dbsession.scalars(sa.select(EmailLink).where(EmailLink.user_id == ada.id))
    assert (left.digest, left.purpose) == (reset.digest, Purpose.RESET_PASSWORD)
    assert (left.email_normalized, left.expires_at) == (ADA, NOW + HOUR)


def test_links_of_others_are_as_good_as_before(dbsession, ada, token):
    grace = a_user(dbsession)
    links = {purpose: a_link(dbsession, grace, purpose) for purpose in Purpose}
    by_claim(dbsession, token, ada)
    dbsession.commit()
    for purpose, each in links.items():
        assert find_link(dbsession, each, purpose=purpose, now=NOW)


@pytest.mark.asvs("2.3.4")
@EVERY_WAY
@pytest.mark.parametrize(
    "what_happened",
    ["followed", "expired", "replaced", "never was", "for another purpose", "address changed"],
)
def test_a_link_that_leads_nowhere_proves_nothing(dbsession, ada, token, follow, what_happened):
    if what_happened == "followed":
        by_session(dbsession, token, ada)
        ada.email_verified_at = None
    elif what_happened == "expired":
        dbsession.execute(sa.update(EmailLink).values(expires_at=NOW))
    elif what_happened == "replaced":
        a_link(dbsession, ada)
    elif what_happened == "never was":
        token = LinkToken.new()
    elif what_happened == "for another purpose":
        token = a_link(dbsession, ada, Purpose.RESET_PASSWORD)
    else:
        ada.email = ada.email_normalized = "lovelace@example.com"
    dbsession.commit()
    before = sessions_by_owner(dbsession)
    with pytest.raises(InvalidLink):
        follow(dbsession, token, ada)
    dbsession.rollback()
    assert ada.email_verified_at is None
    assert ada.password_hash == "of whoever signed up"
    assert sessions_by_owner(dbsession) == before


@EVERY_WAY
def test_a_link_proves_nothing_of_another_account(dbsession, ada, token, follow):
    grace = a_user(dbsession)
    with pytest.raises(InvalidLink):
        follow(dbsession, token, grace)
    dbsession.rollback()
    assert (ada.email_verified_at, grace.email_verified_at) == (None, None)


def test_an_account_that_was_verified_before_cannot_be_claimed(dbsession, ada, token):
    ada.email_verified_at = NOW - DAY
    dbsession.commit()
    with pytest.raises(InvalidLink):
        by_claim(dbsession, token, ada)
    dbsession.commit()
    assert ada.password_hash == "of whoever signed up"
    assert sessions_by_owner(dbsession)[ada.id] == 2


@pytest.mark.parametrize("follow", [by_session, by_claim])
def test_an_account_that_has_gone_meanwhile_is_nobodys(dbsession, ada, token, follow):
    gone = User(id=ada.id)
    dbsession.delete(ada)
    dbsession.commit()
    with pytest.raises(InvalidLink):
        follow(dbsession, token, gone)


@pytest.mark.parametrize("what_happens", ["password changed", "account closed", "account gone"])
def test_a_password_that_was_right_a_moment_ago_proves_nothing_now(
    dbsession, ada, token, what_happens
):
    judged = credential_of(ada)
    if what_happens == "password changed":
        ada.password_hash = "another"
    elif what_happens == "account closed":
        ada.delete_after = NOW + DAY
    else:
        dbsession.delete(ada)
    dbsession.commit()
    with pytest.raises(InvalidCredentials):
        verify_email_by_password(dbsession, token, judged, audit=an_audit_log(), now=NOW)
    dbsession.commit()
    assert not dbsession.scalars(
        sa.select(User.id).where(User.email_verified_at.is_not(None))
    ).all()


@pytest.mark.asvs("2.3.4", "15.4.2")
@pytest.mark.parametrize("ways", [(by_claim, by_claim), (by_password, by_claim)])
def test_of_two_at_the_same_moment_one_wins(services, dbsession, ada, ways):
    """Real connections, on threads that begin together."""
    for _ in range(5):
        ada.email_verified_at, ada.password_hash = None, "of whoever signed up"
        token = a_link(dbsession, ada)
        user = User(id=ada.id, password_hash=ada.password_hash)
        dbsession.rollback()
        together = Barrier(2)

        def follow(by, token=token, user=user, together=together):
            together.wait()
            with Session(services.database.write_engine) as session:
                try:
                    by(session, token, user)
                except (InvalidLink, InvalidCredentials):
                    return "lost"
                session.commit()
                return "won"

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(follow, ways)) == ["lost", "won"]


def test_another_mail_makes_the_link_of_the_one_before_worthless(dbsession, ada, token):
    send_verification(dbsession, ada, outbox=an_outbox(), verification_lifetime=DAY, now=NOW)
    assert find_link(dbsession, token, purpose=Purpose.VERIFY_EMAIL, now=NOW) is None
    [mail] = dbsession.scalars(sa.select(OutboxMessage))
    assert (mail.template, mail.recipient, mail.user_id) == (
        "verify_email",
        "Ada@example.com",
        ada.id,
    )
    sent = LinkToken.parse(mail.text.partition("https://site.example/verify-email/")[2][:43])
    assert find_link(dbsession, sent, purpose=Purpose.VERIFY_EMAIL, now=NOW).user_id == ada.id


def sign_in(dbsession, throttles, credential):
    """Do what a sign-in does where the address is not verified, but must be."""
    send_verification_at_sign_in(
        dbsession,
        credential,
        throttles=throttles,
        outbox=an_outbox(),
        email_normalized=ADA,
        verification_lifetime=DAY,
        now=NOW,
    )
    dbsession.commit()


def test_who_signs_in_is_asked_but_not_too_often(services, dbsession, ada):
    throttles, credential = throttles_for(services, email_recipient="1/3m"), credential_of(ada)
    dbsession.commit()
    for _ in range(3):
        sign_in(dbsession, throttles, credential)
    assert dbsession.scalars(sa.select(OutboxMessage.template)).all() == ["verify_email"]


def test_nobody_is_asked_whose_password_has_changed_meanwhile(services, dbsession, ada):
    credential = credential_of(ada)
    ada.password_hash = "another"
    dbsession.commit()
    with pytest.raises(InvalidCredentials):
        sign_in(dbsession, throttles_for(services), credential)
    assert dbsession.scalars(sa.select(OutboxMessage.template)).all() == []


@pytest.mark.asvs("6.3.1")
def test_mails_are_counted_by_kind_and_address(services):
    throttles = throttles_for(services, email_recipient="1/3m")
    assert try_hit_email(throttles, "verify_email", ADA, now=NOW)
    assert not try_hit_email(throttles, "verify_email", ADA, now=NOW)
    with pytest.raises(RateLimited):
        hit_email(throttles, "verify_email", ADA, now=NOW)
    assert try_hit_email(throttles, "sign_up_existing_account", ADA, now=NOW)
    assert try_hit_email(throttles, "verify_email", "grace@example.com", now=NOW)
    assert try_hit_email(throttles, "verify_email", ADA, now=NOW + timedelta(minutes=3))
