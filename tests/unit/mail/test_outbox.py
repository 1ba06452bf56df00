"""The outbox: leases, retries, and what is kept afterwards."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.mail.outbox import (
    NEXT_ATTEMPT,
    RETRY_FOR,
    fail,
    lease_next,
    mark_delivered,
    reschedule,
)
from authsite.models import OutboxMessage
from tests.factories import NOW, a_message, a_user, some_noise

LEASE = timedelta(minutes=2)
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _noise(dbsession):
    """Messages that are not due: later ones, delivered ones, failed ones."""
    some_noise(dbsession)
    a_message(dbsession, send_at=NOW + timedelta(days=10))
    for ended in ({"delivered_at": NOW}, {"last_error": "refused"}):
        a_message(dbsession, next_attempt_at=None, purge_after=NOW + timedelta(days=9), **ended)


@pytest.fixture
def connection(services):
    with services.database.read_engine.connect() as connection:
        yield connection


def take(connection, *, now=NOW, lease=LEASE):
    return lease_next(connection, due_by=now, now=now, lease=lease)


def row_of(connection, message_id):
    wanted = sa.select(OutboxMessage.__table__).where(OutboxMessage.id == message_id)
    return connection.execute(wanted).one()


def test_leased_message_has_all_that_is_sent(connection, dbsession):
    message = a_message(dbsession, user_id=a_user(dbsession).id, send_at=NOW - SECOND)
    taken = take(connection)
    assert taken == (
        message.id,
        "verify_email",
        message.recipient,
        message.subject,
        message.content,
        None,
        None,
        NOW - SECOND,
        1,
        NOW + LEASE,
    )


def test_message_due_longest_is_leased_first(connection, dbsession):
    later = a_message(dbsession)
    earlier = a_message(dbsession, send_at=NOW - SECOND)
    assert [take(connection).id for _ in range(2)] == [earlier.id, later.id]
    assert take(connection) is None


def test_message_is_not_leased_before_it_is_due(connection, dbsession):
    a_message(dbsession, send_at=NOW + SECOND)
    assert take(connection) is None
    assert take(connection, now=NOW + SECOND) is not None


def test_leased_message_is_leased_again_after_the_lease(connection, dbsession):
    message = a_message(dbsession)
    assert take(connection).attempts == 1
    assert take(connection, now=NOW + LEASE - SECOND) is None
    again = take(connection, now=NOW + LEASE)
    assert (again.id, again.attempts) == (message.id, 2)


def test_simultaneous_workers_lease_different_messages(services, dbsession, connection):
    """On SQLite they wait for the lock; on PostgreSQL they skip the row."""
    ids = [a_message(dbsession).id for _ in range(2)]
    with services.database.write_engine.begin() as first:
        taken = [take(first).id]
        if not services.database.is_sqlite:
            taken.append(take(connection).id)
            assert take(connection) is None
    if services.database.is_sqlite:
        taken.append(take(connection).id)
    assert sorted(taken) == sorted(ids)


@pytest.mark.asvs("14.2.7")
def test_delivered_message_keeps_recipient_but_no_content(connection, dbsession):
    message = a_message(dbsession, text="old", html="old", last_error="it broke off")
    assert mark_delivered(connection, take(connection), now=NOW + SECOND)
    row = row_of(connection, message.id)
    assert (row.subject, row.content, row.text, row.html, row.last_error) == (None,) * 5
    assert (row.next_attempt_at, row.delivered_at) == (None, NOW + SECOND)
    assert row.purge_after == NOW + SECOND + timedelta(days=90)
    assert (row.recipient, row.template, row.attempts) == (message.recipient, "verify_email", 1)


def test_failed_message_keeps_its_error_but_no_content(connection, dbsession):
    message = a_message(dbsession)
    assert fail(connection, take(connection), last_error="x" * 999, now=NOW)
    row = row_of(connection, message.id)
    assert (row.subject, row.content, row.text, row.html) == (None,) * 4
    assert (row.next_attempt_at, row.delivered_at, row.last_error) == (None, None, "x" * 200)
    assert row.purge_after == NOW + timedelta(days=90)


def test_retry_delays_double_up_to_six_hours(connection, dbsession):
    message = a_message(dbsession)
    now, waits = NOW, []
    while now < NOW + RETRY_FOR:
        assert reschedule(connection, take(connection, now=now), last_error="x" * 999, now=now)
        row = row_of(connection, message.id)
        assert (row.subject, row.last_error) == (message.subject, "x" * 200)
        waits.append((row.next_attempt_at - now).total_seconds())
        now = row.next_attempt_at
    assert waits[:5] == [10, 20, 40, 80, 160]
    assert set(waits[12:]) == {6 * 3600}
    assert len(waits) < 30


def test_retry_delay_is_capped_after_many_attempts(connection, dbsession):
    message = a_message(dbsession, attempts=10_000)
    assert reschedule(connection, take(connection), last_error="away", now=NOW)
    assert row_of(connection, message.id).next_attempt_at == NOW + timedelta(hours=6)


def test_worker_with_an_expired_lease_changes_nothing(connection, dbsession):
    """Another worker has leased the message, and its result counts."""
    message = a_message(dbsession)
    slow = take(connection)
    quick = take(connection, now=NOW + LEASE)
    assert not mark_delivered(connection, slow, now=NOW + LEASE)
    assert not reschedule(connection, slow, last_error="away", now=NOW + LEASE)
    assert not fail(connection, slow, last_error="refused", now=NOW + LEASE)
    assert row_of(connection, message.id).next_attempt_at == quick.leased_until
    assert mark_delivered(connection, quick, now=NOW + LEASE)


def test_next_attempt_is_the_earliest_due_time(services, connection, dbsession):
    next_attempt = services.database.compile(NEXT_ATTEMPT)
    assert next_attempt.one_or_none() == (NOW + timedelta(days=10),)
    a_message(dbsession, send_at=NOW + SECOND)
    assert next_attempt.one_or_none() == (NOW + SECOND,)
    connection.execute(sa.delete(OutboxMessage.__table__))
    assert next_attempt.one_or_none() == (None,)


@pytest.mark.asvs("16.2.5")
def test_leased_message_repr_hides_recipient_and_content(dbsession, connection):
    message = a_message(dbsession)
    assert repr(take(connection)) == f"<LeasedMessage {message.id} {message.template}>"
