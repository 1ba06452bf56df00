"""Who takes a message from the outbox, when it is tried again, and what is left of it."""

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
    """Messages that are not due: of another week, delivered, given up."""
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


def test_who_takes_a_message_gets_all_that_is_to_be_sent(connection, dbsession):
    message = a_message(dbsession, user_id=a_user(dbsession).id, send_at=NOW - SECOND)
    taken = take(connection)
    assert taken == (
        message.id,
        "verify_email",
        message.recipient,
        message.subject,
        message.text,
        message.html,
        NOW - SECOND,
        1,
        NOW + LEASE,
    )


def test_what_has_been_due_longest_goes_first(connection, dbsession):
    later = a_message(dbsession)
    earlier = a_message(dbsession, send_at=NOW - SECOND)
    assert [take(connection).id for _ in range(2)] == [earlier.id, later.id]
    assert take(connection) is None


def test_what_is_not_due_stays(connection, dbsession):
    a_message(dbsession, send_at=NOW + SECOND)
    assert take(connection) is None
    assert take(connection, now=NOW + SECOND) is not None


def test_what_one_has_taken_no_other_gets_before_the_lease_ends(connection, dbsession):
    message = a_message(dbsession)
    assert take(connection).attempts == 1
    assert take(connection, now=NOW + LEASE - SECOND) is None
    again = take(connection, now=NOW + LEASE)
    assert (again.id, again.attempts) == (message.id, 2)


def test_while_somebody_takes_a_message_others_take_the_next(services, dbsession, connection):
    """On SQLite they wait for a moment; on PostgreSQL they pass it by."""
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
def test_of_what_was_delivered_nothing_stays_but_who_was_written_to(connection, dbsession):
    message = a_message(dbsession, last_error="it broke off")
    assert mark_delivered(connection, take(connection), now=NOW + SECOND)
    row = row_of(connection, message.id)
    assert (row.subject, row.text, row.html, row.last_error) == (None,) * 4
    assert (row.next_attempt_at, row.delivered_at) == (None, NOW + SECOND)
    assert row.purge_after == NOW + SECOND + timedelta(days=90)
    assert (row.recipient, row.template, row.attempts) == (message.recipient, "verify_email", 1)


def test_of_what_was_given_up_it_is_known_why(connection, dbsession):
    message = a_message(dbsession)
    assert fail(connection, take(connection), last_error="x" * 999, now=NOW)
    row = row_of(connection, message.id)
    assert (row.subject, row.text, row.html) == (None,) * 3
    assert (row.next_attempt_at, row.delivered_at, row.last_error) == (None, None, "x" * 200)
    assert row.purge_after == NOW + timedelta(days=90)


def test_the_waits_double_up_to_six_hours(connection, dbsession):
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


def test_very_many_tries_are_no_number_too_large(connection, dbsession):
    message = a_message(dbsession, attempts=10_000)
    assert reschedule(connection, take(connection), last_error="away", now=NOW)
    assert row_of(connection, message.id).next_attempt_at == NOW + timedelta(hours=6)


def test_who_was_too_slow_changes_nothing(connection, dbsession):
    """Another worker has it: what that one will write down counts."""
    message = a_message(dbsession)
    slow = take(connection)
    quick = take(connection, now=NOW + LEASE)
    assert not mark_delivered(connection, slow, now=NOW + LEASE)
    assert not reschedule(connection, slow, last_error="away", now=NOW + LEASE)
    assert not fail(connection, slow, last_error="refused", now=NOW + LEASE)
    assert row_of(connection, message.id).next_attempt_at == quick.leased_until
    assert mark_delivered(connection, quick, now=NOW + LEASE)


def test_a_look_says_when_something_is_to_be_done(services, connection, dbsession):
    look = services.database.compile(NEXT_ATTEMPT)
    assert look.one_or_none() == (NOW + timedelta(days=10),)
    a_message(dbsession, send_at=NOW + SECOND)
    assert look.one_or_none() == (NOW + SECOND,)
    connection.execute(sa.delete(OutboxMessage.__table__))
    assert look.one_or_none() == (None,)


@pytest.mark.asvs("16.2.5")
def test_a_message_in_hand_shows_neither_whom_it_is_for_nor_what_it_says(dbsession, connection):
    message = a_message(dbsession)
    assert repr(take(connection)) == f"<LeasedMessage {message.id} {message.template}>"
