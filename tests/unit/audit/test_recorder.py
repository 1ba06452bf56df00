"""The audit log: what is committed is published, and what is undone is not."""

import json
import logging
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.audit.event_types import AccountEvent, Actor, EventSource, EventType
from authsite.audit.recorder import AuditLog, log_event
from authsite.audit.store import LAST_OF_DAY, MAX_PER_DAY
from authsite.models import AuditEvent, User
from authsite.telemetry.logs import JsonFormatter
from authsite.tokens import new_id
from tests.factories import NOW, a_user, some_noise

SOURCE = EventSource(
    Actor.USER, session_id="this session!!!!", user_agent="Firefox", ip_address="192.0.2.1"
)


@pytest.fixture
def ada(dbsession):
    """A user among others."""
    some_noise(dbsession)
    return a_user(dbsession)


@pytest.fixture
def notified():
    """The events that subscribers were notified of, within the transaction."""
    return []


@pytest.fixture
def published():
    """The events that were published, after the commit."""
    return []


@pytest.fixture
def audit(dbsession, notified, published):
    """An audit log with a subscriber and an observer."""
    return AuditLog(
        dbsession=dbsession,
        now=NOW,
        source=SOURCE,
        notify=notified.append,
        publish=[published.append],
    )


def events_of(dbsession, user):
    """Return the rows of the user, oldest first."""
    mine = (
        sa.select(AuditEvent).where(AuditEvent.user_id == user.id).order_by(AuditEvent.occurred_at)
    )
    return dbsession.scalars(mine).all()


def test_event_has_its_source_and_details(dbsession, ada, audit):
    audit.record(ada.id, EventType.EMAIL_CHANGED, details={"to": "a@example.com"})
    audit.record(ada.id, EventType.SIGNED_IN, session_id="another session!")
    dbsession.commit()
    changed, signed_in = events_of(dbsession, ada)
    assert (changed.type, changed.actor, changed.actor_id) == ("email_changed", "user", None)
    assert (changed.session_id, changed.user_agent) == ("this session!!!!", "Firefox")
    assert (changed.ip_address, changed.details) == ("192.0.2.1", {"to": "a@example.com"})
    assert (signed_in.session_id, signed_in.details) == ("another session!", {})


@pytest.mark.asvs("16.2.1")
def test_erasure_outlives_the_account(dbsession, ada, audit, notified, published):
    """Subscribers and the log get the id of the account, the row has it as a detail."""
    ada_id = ada.id
    audit.record_erasure(ada_id, details={"reason": "Request 117"})
    dbsession.execute(sa.delete(User).where(User.id == ada_id))
    dbsession.commit()
    erased = dbsession.scalars(sa.select(AuditEvent).where(AuditEvent.user_id.is_(None))).one()
    assert (erased.type, erased.details) == (
        "account_erased",
        {"reason": "Request 117", "account": ada_id},
    )
    assert published == notified
    assert (published[0].type, published[0].user_id) == (EventType.ACCOUNT_ERASED, ada_id)


def test_log_has_the_name_of_the_operator(dbsession, ada, audit, caplog):
    caplog.set_level(logging.INFO, "authsite.audit.recorder")
    source = EventSource(Actor.OPERATOR, actor_name="joan")
    replace(audit, source=source, publish=[log_event]).record(ada.id, EventType.SUSPENDED)
    dbsession.commit()
    [logged] = caplog.records
    assert (logged.actor, logged.actor_name) == ("operator", "joan")


def test_events_of_one_transaction_differ_in_time(dbsession, ada, audit):
    """Whichever audit log records them."""
    for each in (audit, replace(audit, source=EventSource(Actor.SYSTEM)), audit):
        each.record(ada.id, EventType.SESSION_ENDED)
    dbsession.commit()
    microsecond = timedelta(microseconds=1)
    moments = [event.occurred_at for event in events_of(dbsession, ada)]
    assert moments == [NOW, NOW + microsecond, NOW + 2 * microsecond]


def test_committed_events_are_published_once(dbsession, ada, audit, notified, published):
    audit.record(ada.id, EventType.SIGNED_IN)
    assert [event.type for event in notified] == [EventType.SIGNED_IN]
    assert published == []
    dbsession.commit()
    dbsession.commit()
    assert published == notified


def test_rolled_back_events_are_not_published(dbsession, ada, audit, published):
    audit.record(ada.id, EventType.SIGNED_IN)
    dbsession.rollback()
    dbsession.commit()
    assert published == []
    assert events_of(dbsession, ada) == []


def test_events_of_a_rolled_back_savepoint_are_dropped(dbsession, ada, audit, published):
    audit.record(ada.id, EventType.PASSWORD_CONFIRMED)
    with dbsession.begin_nested():
        audit.record(ada.id, EventType.EMAIL_VERIFIED)
    assert published == []
    savepoint = dbsession.begin_nested()
    audit.record(ada.id, EventType.EMAIL_CHANGED)
    savepoint.rollback()
    audit.record(ada.id, EventType.DELETION_SCHEDULED)
    dbsession.commit()
    kept = [EventType.PASSWORD_CONFIRMED, EventType.EMAIL_VERIFIED, EventType.DELETION_SCHEDULED]
    assert [event.type for event in published] == kept
    assert {event.type for event in events_of(dbsession, ada)} == {
        event_type.key for event_type in kept
    }


def test_released_savepoint_does_not_publish(dbsession, ada, audit, published):
    savepoint = dbsession.begin_nested()
    with dbsession.begin_nested():
        audit.record(ada.id, EventType.EMAIL_CHANGED)
    savepoint.rollback()
    dbsession.commit()
    assert published == []
    assert events_of(dbsession, ada) == []


def test_failed_flush_drops_the_events_of_its_savepoint(dbsession, ada, audit, published):
    audit.record(ada.id, EventType.PASSWORD_CONFIRMED)

    def fail() -> None:
        with dbsession.begin_nested():
            audit.record(ada.id, EventType.EMAIL_CHANGED)
            ada.first_name = ""
            dbsession.flush()

    with pytest.raises(sa.exc.IntegrityError):
        fail()
    dbsession.commit()
    assert [event.type for event in published] == [EventType.PASSWORD_CONFIRMED]


def test_events_of_a_closed_dbsession_are_dropped(dbsession, ada, audit, published):
    audit.record(ada.id, EventType.EMAIL_CHANGED)
    dbsession.close()
    dbsession.execute(sa.select(AuditEvent.id))
    dbsession.commit()
    assert published == []


def test_dbsession_without_events_publishes_nothing(dbsession):
    dbsession.execute(sa.select(AuditEvent.id))
    with dbsession.begin_nested():
        pass
    dbsession.rollback()
    dbsession.commit()


def test_error_of_a_subscriber_undoes_the_event(dbsession, ada, audit, published):
    def refuse(event: AccountEvent) -> None:
        raise ValueError(event.type)

    with pytest.raises(ValueError, match="SIGNED_UP"):
        replace(audit, notify=refuse).record(ada.id, EventType.SIGNED_UP)
    dbsession.rollback()
    assert events_of(dbsession, ada) == []
    assert published == []


def test_event_of_an_unknown_account_is_not_stored(dbsession, ada, audit, published):
    before = dbsession.scalar(sa.select(sa.func.count()).select_from(AuditEvent))
    audit.record(new_id(), EventType.SIGN_IN_FAILED)
    dbsession.commit()
    assert dbsession.scalar(sa.select(sa.func.count()).select_from(AuditEvent)) == before
    assert [(event.type, event.user_id) for event in published] == [
        (EventType.SIGN_IN_FAILED, None)
    ]


@pytest.mark.asvs("16.2.1", "16.2.5")
def test_log_has_the_source_and_no_secrets(dbsession, ada, audit, caplog):
    caplog.set_level(logging.INFO)
    audit = replace(audit, publish=[log_event])
    details = {"reason": "signed_out", "session": "x", "name": "my laptop", "to": "a@example.com"}
    audit.record(ada.id, EventType.SESSION_ENDED, details=details)
    audit.record(ada.id, EventType.SUSPENDED, details={"reason": "a free text"})
    audit.record(new_id(), EventType.SIGN_IN_FAILED)
    dbsession.commit()
    ended, suspended, failed = caplog.records
    assert ended.getMessage() == (
        f"session_ended: user_id={ada.id} session_id=this session!!!! "
        "ip_address=192.0.2.1 actor=user reason=signed_out"
    )
    assert (ended.levelno, failed.levelno) == (logging.INFO, logging.WARNING)
    assert "reason" not in suspended.getMessage()
    assert "user_id" not in failed.getMessage()
    line = JsonFormatter().format(ended)
    assert "my laptop" not in line
    assert "a@example.com" not in line
    assert json.loads(line)["level"] == "INFO"


@pytest.mark.asvs("2.4.1")
def test_events_of_one_type_are_limited_per_day(dbsession, ada, audit, notified, published):
    """The log and subscribers get all of them."""
    for _ in range(MAX_PER_DAY + 3):
        audit.record(ada.id, EventType.SIGN_IN_FAILED, details={"to": "a@example.com"})
    audit.record(ada.id, EventType.SIGNED_IN)
    dbsession.commit()
    *earlier, last, other = events_of(dbsession, ada)
    assert len(earlier) == MAX_PER_DAY - 1
    assert {event.details["to"] for event in [*earlier, last]} == {"a@example.com"}
    assert last.details["note"] == LAST_OF_DAY
    assert not any("note" in event.details for event in [*earlier, other])
    assert len(published) == len(notified) == MAX_PER_DAY + 4
    assert {event.user_id for event in published} == {ada.id}
    replace(audit, now=NOW + timedelta(days=1, seconds=1)).record(ada.id, EventType.SIGN_IN_FAILED)
    assert len(events_of(dbsession, ada)) == MAX_PER_DAY + 2


@pytest.mark.parametrize("actor", [Actor.ADMINISTRATOR, Actor.OPERATOR])
def test_events_of_staff_are_not_limited(dbsession, ada, audit, actor):
    audit = replace(audit, source=EventSource(actor))
    for _ in range(MAX_PER_DAY + 1):
        audit.record(ada.id, EventType.NOTE_ADDED)
    events = events_of(dbsession, ada)
    assert len(events) == MAX_PER_DAY + 1
    assert not any(event.details for event in events)


def test_events_of_other_accounts_do_not_count(dbsession, ada, audit):
    other = a_user(dbsession)
    for _ in range(MAX_PER_DAY):
        audit.record(other.id, EventType.SIGN_IN_FAILED)
    audit.record(ada.id, EventType.SIGN_IN_FAILED)
    assert len(events_of(dbsession, ada)) == 1
