"""Verifying an email address: who can do it, and what it changes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.accounts.email_limits import try_hit_email
from authsite.accounts.email_links import InvalidLink, Purpose, issue_link
from authsite.accounts.sign_in import InvalidCredentials
from authsite.accounts.users import Credential
from authsite.accounts.verify_email import (
    claim_account,
    record_failed_sign_in,
    send_verification,
    verify_email,
    verify_email_by_password,
)
from authsite.models import AuditEvent, EmailLink, OutboxMessage, Throttle, User, UserSession
from authsite.tokens import LinkToken, new_id
from tests.factories import (
    NOW,
    a_session,
    a_unit_of_work,
    a_user,
    some_noise,
    throttles_for,
)
from tests.mailbox import content_of
from tests.unit.accounts.links import active_link, is_active, token_in

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
ADA = "ada@example.com"
HASH = "of the user who signed up"


@pytest.fixture
def ada(dbsession) -> User:
    """A user with an unverified address and two sessions, among others."""
    some_noise(dbsession)
    ada = a_user(dbsession, email="Ada@example.com", password_hash=HASH)
    a_session(dbsession, ada)
    a_session(dbsession, ada)
    return ada


@pytest.fixture
def token(work, ada) -> LinkToken:
    """The token of the link that was emailed to Ada."""
    return a_link(work, ada)


def a_link(work, user, purpose=Purpose.VERIFY_EMAIL) -> LinkToken:
    token = issue_link(work, user, purpose)
    work.dbsession.commit()
    return token


def by_session(work, link, _credential=None):
    """Use the link as a user who is signed in."""
    verify_email(work, link)


def by_password(work, link, credential):
    """Use the link as a user whose password was verified."""
    return verify_email_by_password(work, link, credential)


def by_claim(work, link, _credential=None):
    """Use the link as someone who has nothing else."""
    return claim_account(work, link)


def follow(work, by, token, user):
    """Find the link and use it; the user is who signed up."""
    link = active_link(work, token, Purpose.VERIFY_EMAIL)
    return by(work, link, Credential.of(user))


EVERY_WAY = pytest.mark.parametrize("by", [by_session, by_password, by_claim])


def sessions_by_user(dbsession) -> dict[str, int]:
    """Return how many sessions each user has."""
    counts = sa.select(UserSession.user_id, sa.func.count()).group_by(UserSession.user_id)
    return dict(dbsession.execute(counts).all())


@EVERY_WAY
def test_verification_verifies_this_address_only(dbsession, work, ada, token, by):
    follow(work, by, token, ada)
    dbsession.commit()
    verified = sa.select(User.id).where(User.email_verified_at == NOW)
    assert dbsession.scalars(verified).all() == [ada.id]


@pytest.mark.parametrize("by", [by_session, by_password])
def test_verification_keeps_password_and_sessions(dbsession, work, ada, token, by):
    before = sessions_by_user(dbsession)
    follow(work, by, token, ada)
    dbsession.commit()
    assert ada.password_hash == HASH
    assert sessions_by_user(dbsession) == before


def test_verification_by_password_returns_the_credential(work, ada, token):
    credential = follow(work, by_password, token, ada)
    assert credential == Credential.of(ada)
    assert credential.email_verified_at == NOW


@pytest.mark.asvs("7.4.3")
def test_claim_ends_all_other_access(dbsession, work, ada, token):
    a_link(work, ada, Purpose.SECURE_ACCOUNT)
    a_link(work, ada, Purpose.RESET_PASSWORD)
    before = sessions_by_user(dbsession)
    reset = follow(work, by_claim, token, ada)
    dbsession.commit()
    assert (ada.password_hash, ada.devices_valid_since) == (None, NOW)
    assert sessions_by_user(dbsession) == {
        user_id: number for user_id, number in before.items() if user_id != ada.id
    }
    [left] = dbsession.scalars(sa.select(EmailLink).where(EmailLink.user_id == ada.id))
    assert (left.digest, left.purpose) == (reset.digest, Purpose.RESET_PASSWORD)
    assert (left.email_normalized, left.expires_at) == (ADA, NOW + HOUR)


def test_claim_keeps_links_of_other_users(dbsession, work, ada, token):
    grace = a_user(dbsession)
    links = {purpose: a_link(work, grace, purpose) for purpose in Purpose}
    follow(work, by_claim, token, ada)
    dbsession.commit()
    for purpose, each in links.items():
        assert is_active(work, each, purpose)


@pytest.mark.asvs("2.3.4")
@EVERY_WAY
@pytest.mark.parametrize("reason", ["used", "expired", "replaced", "address changed"])
def test_verification_rejects_a_link_invalidated_meanwhile(work, ada, token, by, reason):
    dbsession = work.dbsession
    link, credential = active_link(work, token, Purpose.VERIFY_EMAIL), Credential.of(ada)
    if reason == "used":
        by_session(work, link)
        ada.email_verified_at = None
    elif reason == "expired":
        dbsession.execute(sa.update(EmailLink).values(expires_at=NOW))
    elif reason == "replaced":
        a_link(work, ada)
    else:
        ada.email = ada.email_normalized = "lovelace@example.com"
    dbsession.commit()
    before = sessions_by_user(dbsession)
    with pytest.raises(InvalidLink):
        by(work, link, credential)
    dbsession.rollback()
    assert ada.email_verified_at is None
    assert ada.password_hash == HASH
    assert sessions_by_user(dbsession) == before


def test_verification_rejects_the_password_of_another_user(dbsession, work, ada, token):
    grace = a_user(dbsession)
    with pytest.raises(InvalidLink):
        follow(work, by_password, token, grace)
    dbsession.rollback()
    assert (ada.email_verified_at, grace.email_verified_at) == (None, None)


def test_verified_account_cannot_be_claimed(dbsession, work, ada, token):
    ada.email_verified_at = NOW - DAY
    dbsession.commit()
    with pytest.raises(InvalidLink):
        follow(work, by_claim, token, ada)
    dbsession.commit()
    assert ada.password_hash == HASH
    assert sessions_by_user(dbsession)[ada.id] == 2


@pytest.mark.parametrize("by", [by_session, by_claim])
def test_verification_rejects_a_deleted_account(dbsession, work, ada, token, by):
    link = active_link(work, token, Purpose.VERIFY_EMAIL)
    dbsession.delete(ada)
    dbsession.commit()
    with pytest.raises(InvalidLink):
        by(work, link)


@pytest.mark.parametrize("reason", ["password changed", "closed", "deleted"])
def test_verification_rejects_an_outdated_credential(dbsession, work, ada, token, reason):
    link, credential = active_link(work, token, Purpose.VERIFY_EMAIL), Credential.of(ada)
    if reason == "password changed":
        ada.password_hash = "another"
    elif reason == "closed":
        ada.delete_after = NOW + DAY
    else:
        dbsession.delete(ada)
    dbsession.commit()
    with pytest.raises(InvalidCredentials):
        verify_email_by_password(work, link, credential)
    dbsession.commit()
    assert not dbsession.scalars(
        sa.select(User.id).where(User.email_verified_at.is_not(None))
    ).all()


@pytest.mark.asvs("2.3.4", "15.4.2")
@pytest.mark.parametrize("ways", [(by_claim, by_claim), (by_password, by_claim)])
def test_verification_wins_once_of_two_at_once(services, dbsession, work, ada, ways):
    """On real connections, in threads that begin together."""
    for _ in range(5):
        ada.email_verified_at, ada.password_hash = None, HASH
        link, credential = (
            active_link(work, a_link(work, ada), Purpose.VERIFY_EMAIL),
            Credential.of(ada),
        )
        dbsession.rollback()
        together = Barrier(2)

        def use(by, link=link, credential=credential, together=together):
            together.wait()
            with Session(services.database.write_engine) as other:
                try:
                    by(a_unit_of_work(services, other), link, credential)
                except (InvalidLink, InvalidCredentials):
                    return "lost"
                other.commit()
                return "won"

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(use, ways)) == ["lost", "won"]


def test_newer_verification_link_revokes_the_older(dbsession, work, ada, token):
    send_verification(work, ada)
    assert not is_active(work, token, Purpose.VERIFY_EMAIL)
    [message] = dbsession.scalars(sa.select(OutboxMessage))
    assert (message.template, message.recipient) == ("verify_email", "Ada@example.com")
    assert message.user_id == ada.id
    newer = active_link(
        work, token_in(content_of(message).text, "verify-email"), Purpose.VERIFY_EMAIL
    )
    assert newer.user_id == ada.id


def fail_sign_in(work, user_id, email=ADA):
    record_failed_sign_in(work, user_id, email)
    work.dbsession.commit()


def templates(dbsession) -> list[str]:
    return list(dbsession.scalars(sa.select(OutboxMessage.template)))


def events(dbsession) -> list[tuple[str, str]]:
    """Return user and type of all failures and emails, in their order."""
    recorded = sa.select(AuditEvent.user_id, AuditEvent.type)
    recorded = recorded.where(AuditEvent.type.in_(["sign_in_failed", "email_queued"]))
    return [tuple(row) for row in dbsession.execute(recorded.order_by(AuditEvent.occurred_at))]


def test_unverified_sign_in_is_recorded_as_failed_and_emailed(dbsession, work, ada, token):
    fail_sign_in(work, ada.id)
    assert templates(dbsession) == ["verify_email"]
    assert events(dbsession) == [(ada.id, "sign_in_failed"), (ada.id, "email_queued")]
    assert not is_active(work, token, Purpose.VERIFY_EMAIL)


@pytest.mark.parametrize("limit", ["email_recipient", "email_unverified"])
def test_unverified_sign_in_is_emailed_once_in_a_while(services, dbsession, begin, ada, limit):
    work = begin(throttles=throttles_for(services, **{limit: "1/3m"}))
    for _ in range(3):
        fail_sign_in(work, ada.id)
    assert templates(dbsession) == ["verify_email"]
    assert events(dbsession).count((ada.id, "sign_in_failed")) == 3


@pytest.mark.parametrize("state", ["email_verified_at", "suspended_at"])
def test_failed_sign_in_to_another_account_sends_no_email(services, begin, ada, token, state):
    """Nor does it count one."""
    dbsession = sa.orm.object_session(ada)
    setattr(ada, state, NOW)
    ada.suspension_reason = "spam" if state == "suspended_at" else None
    dbsession.commit()
    work = begin(throttles=throttles_for(services, email_recipient="1/3m"))
    for _ in range(2):
        fail_sign_in(work, ada.id)
    assert templates(dbsession) == []
    assert events(dbsession) == [(ada.id, "sign_in_failed")] * 2
    assert is_active(work, token, Purpose.VERIFY_EMAIL)
    dbsession.commit()
    assert try_hit_email(work, "verify_email", ADA)


def test_failed_sign_in_to_an_unknown_account_stores_nothing(services, dbsession, begin, ada):
    """The account may have been deleted while the hash was computed."""
    work = begin(throttles=throttles_for(services, email_recipient="1/3m"))
    fail_sign_in(work, new_id())
    assert (templates(dbsession), events(dbsession)) == ([], [])
    assert dbsession.scalars(sa.select(EmailLink)).all() == []
    assert dbsession.scalars(sa.select(Throttle)).all() == []


@pytest.mark.asvs("6.3.8")
def test_every_failed_sign_in_executes_the_same(services, dbsession, begin, ada):
    """Otherwise the time would reveal accounts; only the end of the savepoint differs.

    Ada is emailed first, so that her limit is used up the second time.
    """
    bob = a_user(dbsession, email="bob@example.com", email_verified_at=NOW)
    failures = [(ada.id, ADA), (ada.id, ADA), (bob.id, bob.email), (new_id(), "eve@example.com")]
    work = begin(throttles=throttles_for(services, email_recipient="1/3m", email_unverified="6/1d"))
    executed = []
    for user_id, email in failures:
        statements = []

        def note(_connection, _cursor, statement, *_rest, to=statements):
            to.append(statement)

        engine = dbsession.get_bind()
        dbsession.expunge_all()
        dbsession.commit()
        sa.event.listen(engine, "before_cursor_execute", note)
        fail_sign_in(work, user_id, email)
        sa.event.remove(engine, "before_cursor_execute", note)
        executed.append([each for each in statements if "SAVEPOINT" not in each])
    assert executed[0] == executed[1] == executed[2] == executed[3]
    assert sum(each.startswith("INSERT INTO authsite_outbox") for each in executed[3]) == 1
    assert sum(each.startswith("INSERT INTO authsite_throttle") for each in executed[3]) == 2
