"""The journal: what is kept is published, and what is undone is not."""

import json
import logging
from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.audit.event_types import AccountEvent, Actor, EventSource, EventType
from authsite.audit.recorder import AuditLog, log_event
from authsite.models import AuditEvent
from authsite.telemetry.logs import JsonFormatter
from authsite.tokens import new_id
from tests.factories import NOW, a_user, some_noise

ORIGIN = EventSource(
    Actor.USER, session_id="a session of us", user_agent="Firefox", ip_address="192.0.2.1"
)


@pytest.fixture
def ada(dbsession):
    """Somebody among others."""
    some_noise(dbsession)
    return a_user(dbsession)


@pytest.fixture
def told():
    """What host applications were told, and what was published."""
    return [], []


@pytest.fixture
def audit(told):
    """A journal that tells."""
    return AuditLog(ORIGIN, notify=told[0].append, publish=[told[1].append])


def events_of(dbsession, user):
    """Return the rows of the user, oldest first."""
    mine = (
        sa.select(AuditEvent).where(AuditEvent.user_id == user.id).order_by(AuditEvent.occurred_at)
    )
    return dbsession.scalars(mine).all()


def test_an_event_is_kept_with_where_it_came_from(dbsession, ada, audit):
    audit.record(
        dbsession, ada.id, EventType.EMAIL_CHANGED, now=NOW, details={"to": "a@example.com"}
    )
    audit.record(dbsession, ada.id, EventType.SIGNED_IN, now=NOW, session_id="another session!")
    dbsession.commit()
    changed, signed_in = events_of(dbsession, ada)
    assert (changed.type, changed.actor, changed.actor_id) == ("email_changed", "user", None)
    assert (changed.session_id, changed.user_agent) == ("a session of us", "Firefox")
    assert (changed.ip_address, changed.details) == ("192.0.2.1", {"to": "a@example.com"})
    assert (signed_in.session_id, signed_in.details) == ("another session!", {})


def test_no_two_events_of_one_request_are_at_the_same_moment(dbsession, ada, audit):
    for _ in range(3):
        audit.record(dbsession, ada.id, EventType.SESSION_ENDED, now=NOW)
    dbsession.commit()
    microsecond = timedelta(microseconds=1)
    moments = [event.occurred_at for event in events_of(dbsession, ada)]
    assert moments == [NOW, NOW + microsecond, NOW + 2 * microsecond]


def test_what_is_kept_is_published_once_and_only_then(dbsession, ada, audit, told):
    audit.record(dbsession, ada.id, EventType.SIGNED_IN, now=NOW)
    assert [event.type for event in told[0]] == [EventType.SIGNED_IN]
    assert told[1] == []
    dbsession.commit()
    dbsession.commit()
    assert told[1] == told[0]


def test_what_is_undone_is_not_published(dbsession, ada, audit, told):
    audit.record(dbsession, ada.id, EventType.SIGNED_IN, now=NOW)
    dbsession.rollback()
    dbsession.commit()
    assert told[1] == []
    assert events_of(dbsession, ada) == []


def test_what_a_savepoint_undoes_is_not_published_and_the_rest_is(dbsession, ada, audit, told):
    def write(kind):
        audit.record(dbsession, ada.id, kind, now=NOW)

    write(EventType.PASSWORD_CONFIRMED)
    with dbsession.begin_nested():
        write(EventType.EMAIL_VERIFIED)
    assert told[1] == []
    savepoint = dbsession.begin_nested()
    write(EventType.EMAIL_CHANGED)
    savepoint.rollback()
    write(EventType.DELETION_SCHEDULED)
    dbsession.commit()
    kept = [EventType.PASSWORD_CONFIRMED, EventType.EMAIL_VERIFIED, EventType.DELETION_SCHEDULED]
    assert [event.type for event in told[1]] == kept
    assert {event.type for event in events_of(dbsession, ada)} == {kind.key for kind in kept}


def test_what_is_undone_is_not_published_because_a_savepoint_inside_was_released(
    dbsession, ada, audit, told
):
    savepoint = dbsession.begin_nested()
    with dbsession.begin_nested():
        audit.record(dbsession, ada.id, EventType.EMAIL_CHANGED, now=NOW)
    savepoint.rollback()
    dbsession.commit()
    assert told[1] == []
    assert events_of(dbsession, ada) == []


def test_what_a_closed_session_has_not_kept_is_not_published_later(dbsession, ada, audit, told):
    audit.record(dbsession, ada.id, EventType.EMAIL_CHANGED, now=NOW)
    dbsession.close()
    dbsession.execute(sa.select(AuditEvent.id))
    dbsession.commit()
    assert told[1] == []


def test_other_sessions_of_the_database_are_left_alone(dbsession):
    dbsession.execute(sa.select(AuditEvent.id))
    with dbsession.begin_nested():
        pass
    dbsession.rollback()
    dbsession.commit()


def test_what_a_subscriber_raises_undoes_the_whole(dbsession, ada, told):
    def refuse(event: AccountEvent) -> None:
        raise ValueError(event.type)

    audit = AuditLog(ORIGIN, notify=refuse, publish=[told[1].append])
    with pytest.raises(ValueError, match="SIGNED_UP"):
        audit.record(dbsession, ada.id, EventType.SIGNED_UP, now=NOW)
    dbsession.rollback()
    assert events_of(dbsession, ada) == []
    assert told[1] == []


def test_of_an_account_that_nobody_has_nothing_is_kept(dbsession, ada, audit, told):
    before = dbsession.scalar(sa.select(sa.func.count()).select_from(AuditEvent))
    audit.record(dbsession, new_id(), EventType.SIGN_IN_FAILED, now=NOW)
    dbsession.commit()
    assert dbsession.scalar(sa.select(sa.func.count()).select_from(AuditEvent)) == before
    assert [(event.type, event.user_id) for event in told[1]] == [(EventType.SIGN_IN_FAILED, None)]


@pytest.mark.asvs("16.2.1", "16.2.5")
def test_the_log_says_who_where_and_what_and_nothing_that_was_typed(dbsession, ada, caplog):
    caplog.set_level(logging.INFO)
    audit = AuditLog(ORIGIN, notify=lambda _: None, publish=[log_event])
    details = {"reason": "signed_out", "name": "my laptop", "to": "new@example.com"}
    audit.record(dbsession, ada.id, EventType.SESSION_ENDED, now=NOW, details=details)
    audit.record(dbsession, new_id(), EventType.SIGN_IN_FAILED, now=NOW)
    dbsession.commit()
    ended, failed = caplog.records
    assert ended.getMessage() == (
        f"session_ended: user_id={ada.id} session_id=a session of us "
        "ip_address=192.0.2.1 actor=user reason=signed_out"
    )
    assert (ended.levelno, failed.levelno) == (logging.INFO, logging.WARNING)
    assert "user_id" not in failed.getMessage()
    line = JsonFormatter().format(ended)
    assert "my laptop" not in line
    assert "new@example.com" not in line
    assert json.loads(line)["level"] == "INFO"
