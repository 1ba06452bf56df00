"""Purging: expired rows are deleted in batches, by one process at a time."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.accounts.email_links import Purpose, issue_link
from authsite.accounts.pending_sign_ins import PENDING_SIGN_IN_LIFETIME, create_pending_sign_in
from authsite.accounts.sign_in import SignIn
from authsite.accounts.users import Credential
from authsite.audit.event_types import EventType
from authsite.audit.store import KEPT_FOR
from authsite.models import (
    AuditEvent,
    EmailLink,
    OutboxMessage,
    PendingSignIn,
    PurgeRun,
    Throttle,
    User,
    UserSession,
)
from authsite.purging.targets import (
    ACCOUNTS,
    CLOSED_ACCOUNT_EVENTS,
    CLOSED_ACCOUNT_MESSAGES,
    EVENTS,
    LINKS,
    MESSAGES,
    PENDING_SIGN_INS,
    SESSIONS,
    THROTTLES,
    claim_purge,
    count_expired,
    purge,
    purge_targets,
    unverified_accounts,
)
from tests.factories import (
    NOW,
    a_message,
    a_session,
    a_unit_of_work,
    a_user,
    an_event,
    some_noise,
    throttles_for,
)

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


@pytest.fixture
def active(dbsession) -> set[str]:
    """Return the ids of the active sessions; seven others have expired."""
    person, *_ = some_noise(dbsession)
    a_session(dbsession, person, expires_at=NOW + SECOND)
    active = set(dbsession.execute(sa.select(UserSession.id)).scalars())
    for seconds in range(7):
        a_session(dbsession, person, expires_at=NOW - seconds * SECOND)
    return active


@pytest.fixture
def connection(services):
    with services.database.read_engine.connect() as connection:
        connection.execute(sa.update(PurgeRun).values(started_at=NOW - HOUR))
        yield connection


def left(connection) -> set[str]:
    return set(connection.execute(sa.select(UserSession.id)).scalars())


@pytest.mark.parametrize(("batch", "sizes"), [(1, [1] * 7), (3, [3, 3, 1]), (7, [7]), (500, [7])])
def test_purge_deletes_expired_rows_in_batches(services, active, connection, batch, sizes):
    assert list(purge(services.database, SESSIONS, now=NOW, batch=batch)) == sizes
    assert left(connection) == active


def test_purge_commits_each_batch(services, active, connection):
    batches = purge(services.database, SESSIONS, now=NOW, batch=2)
    for remaining in (5, 3, 1, 0):
        next(batches)
        assert len(left(connection) - active) == remaining


def test_batch_begins_where_the_one_before_ended(services, dbsession, active, connection):
    """It passes no deleted row, of which a backup keeps all; earlier rows wait for a purge."""
    person, *_ = some_noise(dbsession)
    batches = purge(services.database, SESSIONS, now=NOW, batch=2)
    next(batches)
    earlier = a_session(dbsession, person, expires_at=NOW - 9 * SECOND).id
    tie = a_session(dbsession, person, expires_at=NOW - 5 * SECOND).id
    assert list(batches) == [2, 2, 2]
    assert earlier in left(connection)
    assert tie not in left(connection)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_locked_sessions_do_not_end_a_purge(services, active, connection):
    """Another purge may have locked a whole batch."""
    by_age = sa.select(UserSession.id).order_by(UserSession.expires_at).limit(2)
    with services.database.engine.begin() as other:
        locked = set(other.scalars(by_age.with_for_update()))
        assert list(purge(services.database, SESSIONS, now=NOW, batch=2)) == [1, 2, 2]
        assert left(connection) == active | locked


def test_batch_of_events_begins_where_the_one_before_ended(services, dbsession):
    person, *_ = some_noise(dbsession)
    old = NOW - KEPT_FOR
    for seconds in range(4):
        an_event(dbsession, person, occurred_at=old - seconds * SECOND)
    batches = purge(services.database, EVENTS, now=NOW, batch=2)
    next(batches)
    earlier = an_event(dbsession, person, occurred_at=old - 9 * SECOND).id
    assert list(batches) == [2]
    dbsession.rollback()
    expired = sa.select(AuditEvent.id).where(AuditEvent.occurred_at <= old)
    assert dbsession.scalars(expired).all() == [earlier]


def test_purge_without_expired_rows_does_nothing(services, active, connection):
    purged = purge(services.database, SESSIONS, now=NOW - 7 * SECOND)
    assert list(purged) == []
    assert len(left(connection)) == len(active) + 7


def test_purge_of_sessions_keeps_users(services, active, connection):
    user_count = sa.select(sa.func.count()).select_from(User)
    before = connection.execute(user_count).scalar_one()
    list(purge(services.database, SESSIONS, now=NOW + timedelta(days=9999)))
    assert left(connection) == set()
    assert connection.execute(user_count).scalar_one() == before


def test_expired_rows_are_counted(services, active, connection):
    assert count_expired(connection, SESSIONS, now=NOW) == 7
    assert count_expired(connection, SESSIONS, now=NOW - 7 * SECOND) == 0


def test_purge_is_claimed_by_one_process(connection):
    claims = [claim_purge(connection, every=HOUR, now=NOW) for _ in range(5)]
    assert claims == [True, False, False, False, False]


def test_purge_is_claimed_again_when_due(connection):
    assert not claim_purge(connection, every=HOUR + SECOND, now=NOW)
    assert claim_purge(connection, every=HOUR, now=NOW)
    assert not claim_purge(connection, every=HOUR, now=NOW + HOUR - SECOND)
    assert claim_purge(connection, every=HOUR, now=NOW + HOUR)


def test_expired_throttles_are_purged(services, dbsession, connection):
    throttles = throttles_for(services, sign_up_network="20/1h")
    for minutes in (0, 1, 59, 60):
        now = NOW - timedelta(minutes=minutes)
        throttles.hit({"sign_up_network": f"192.0.2.{minutes}"}, now=now)
    assert count_expired(connection, THROTTLES, now=NOW) == 1
    assert list(purge(services.database, THROTTLES, now=NOW)) == [1]
    kept = dbsession.scalars(sa.select(Throttle.expires_at - Throttle.window_started_at)).all()
    assert kept == [HOUR // timedelta(milliseconds=1)] * 3


def purged(services, target) -> int:
    """Purge this target; return how many rows were deleted."""
    return sum(purge(services.database, target, now=NOW))


@pytest.fixture
def work(services, dbsession):
    """A unit of work that began an hour ago, as long as reset links last."""
    return a_unit_of_work(services, dbsession, now=NOW - HOUR)


def test_expired_links_are_purged(services, dbsession, work):
    for person, seconds in zip(some_noise(dbsession), (-1, 0, 1), strict=True):
        later = replace(work, now=work.now + timedelta(seconds=seconds))
        issue_link(later, person, Purpose.RESET_PASSWORD)
    dbsession.commit()
    assert purged(services, LINKS) == 2
    assert dbsession.scalars(sa.select(EmailLink.expires_at)).all() == [NOW + SECOND]


def pending_sign_in(work, user, *, created_at) -> str:
    """Add a pending sign-in, and return its id."""
    sign_in = SignIn(Credential.of(user), user.email_normalized)
    token = create_pending_sign_in(replace(work, now=created_at), sign_in, "a stage")
    work.dbsession.commit()
    return token.id


def test_expired_pending_sign_ins_are_purged(services, dbsession, work):
    user, started = a_user(dbsession), NOW - PENDING_SIGN_IN_LIFETIME
    for seconds in (-1, 0):
        pending_sign_in(work, user, created_at=started + timedelta(seconds=seconds))
    kept = pending_sign_in(work, user, created_at=started + SECOND)
    assert purged(services, PENDING_SIGN_INS) == 2
    assert dbsession.scalars(sa.select(PendingSignIn.id)).all() == [kept]


def test_old_messages_are_purged_unless_they_wait(services, dbsession):
    waiting = a_message(dbsession, send_at=NOW - timedelta(days=99)).id
    kept = a_message(dbsession, next_attempt_at=None, purge_after=NOW + SECOND).id
    a_message(dbsession, next_attempt_at=None, purge_after=NOW)
    assert purged(services, MESSAGES) == 1
    assert set(dbsession.scalars(sa.select(OutboxMessage.id))) == {waiting, kept}


def test_closed_account_is_purged_with_its_rows(services, dbsession, work):
    """Accounts within their grace period and open ones are kept."""
    noise = {each.id for each in some_noise(dbsession)}
    kept = a_user(dbsession, delete_after=NOW + SECOND).id
    closed = a_user(dbsession, delete_after=NOW)
    a_session(dbsession, closed, expires_at=NOW + timedelta(days=9))
    a_message(dbsession, user_id=closed.id)
    issue_link(work, closed, Purpose.SECURE_ACCOUNT)
    pending_sign_in(work, closed, created_at=NOW)
    assert purged(services, ACCOUNTS) == 1
    assert set(dbsession.scalars(sa.select(User.id))) == noise | {kept}
    assert set(dbsession.scalars(sa.select(UserSession.user_id))) == noise
    for model in (EmailLink, OutboxMessage, PendingSignIn):
        assert dbsession.scalars(sa.select(model)).all() == []


@pytest.mark.parametrize("target", [CLOSED_ACCOUNT_EVENTS, CLOSED_ACCOUNT_MESSAGES])
def test_rows_of_closed_accounts_are_purged_in_batches(services, dbsession, target):
    """An account with very many rows blocks no writer for long."""
    kept = a_user(dbsession, delete_after=NOW + SECOND)
    closed = a_user(dbsession, delete_after=NOW)
    for user in (kept, *[closed] * 5):
        an_event(dbsession, user)
        a_message(dbsession, user_id=user.id)
    assert list(purge(services.database, target, now=NOW, batch=2)) == [2, 2, 1]
    owner = target.key.table.c.user_id
    assert dbsession.scalars(sa.select(owner)).all() == [kept.id]


def test_accounts_are_purged_after_their_rows():
    order = purge_targets(timedelta(days=30))
    assert order[-3:] == (CLOSED_ACCOUNT_EVENTS, CLOSED_ACCOUNT_MESSAGES, ACCOUNTS)
    assert "unverified accounts" in [target.name for target in order[:-3]]
    assert "unverified accounts" not in [target.name for target in purge_targets(None)]


LIFETIME = timedelta(days=30)
UNVERIFIED = unverified_accounts(LIFETIME)


def test_abandoned_unverified_accounts_are_closed(services, dbsession, connection):
    """The other targets delete them in the same purge."""
    abandoned = [a_user(dbsession, created_at=NOW - LIFETIME).id for _ in range(3)]
    a_user(dbsession, created_at=NOW - LIFETIME + SECOND)
    used = a_user(dbsession)
    an_event(
        dbsession,
        used,
        kind=EventType.SESSION_ENDED,
        occurred_at=NOW - LIFETIME + SECOND,
    )
    an_event(dbsession, dbsession.get(User, abandoned[0]), kind=EventType.SIGN_IN_FAILED)
    an_event(
        dbsession,
        dbsession.get(User, abandoned[1]),
        kind=EventType.SESSION_ENDED,
        occurred_at=NOW - LIFETIME,
    )
    assert count_expired(connection, UNVERIFIED, now=NOW) == 3
    assert list(purge(services.database, UNVERIFIED, now=NOW, batch=2)) == [2, 1]
    closed = dbsession.scalars(sa.select(User.id).where(User.delete_after == NOW))
    assert set(closed) == set(abandoned)
    dbsession.rollback()
    assert purged(services, CLOSED_ACCOUNT_EVENTS) == 2
    assert purged(services, ACCOUNTS) == 3
    assert dbsession.scalars(sa.select(AuditEvent.user_id)).all() == [used.id]


@pytest.mark.parametrize(
    "values",
    [
        {"email_verified_at": NOW},
        {"delete_after": NOW + SECOND},
        {"suspended_at": NOW},
        {"external_id": "django:7"},
        {"is_administrator": True},
    ],
    ids=lambda values: next(iter(values)),
)
def test_other_unverified_accounts_are_kept(services, dbsession, values):
    a_user(dbsession, **values)
    with_session = a_user(dbsession)
    a_session(dbsession, with_session)
    assert purged(services, UNVERIFIED) == 0


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_unverified_account_in_use_is_kept(services, dbsession):
    """A sign-in locks the account before it writes its session."""
    user = a_user(dbsession)
    with services.database.engine.begin() as sign_in:
        sign_in.execute(
            sa.select(User.id).where(User.id == user.id).with_for_update(key_share=True)
        )
        assert purged(services, UNVERIFIED) == 0
    assert purged(services, UNVERIFIED) == 1
