"""The journal: what is kept is published, and what is undone is not."""

import json
import logging
from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.audit.event_types import AccountEvent, Actor, Kind, Origin
from authsite.audit.recorder import Journal, log_event
from authsite.models import Event
from authsite.telemetry.logs import JsonFormatter
from authsite.tokens import new_id
from tests.factories import NOW, a_user, some_noise

ORIGIN = Origin(
    Actor.PERSON, session_id="a session of us", user_agent="Firefox", network_address="192.0.2.1"
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
def journal(told):
    """A journal that tells."""
    return Journal(ORIGIN, notify=told[0].append, publish=[told[1].append])


def events_of(dbsession, user):
    """Return the rows of the user, oldest first."""
    mine = sa.select(Event).where(Event.user_id == user.id).order_by(Event.at)
    return dbsession.scalars(mine).all()


def test_an_event_is_kept_with_where_it_came_from(dbsession, ada, journal):
    journal.write(dbsession, ada.id, Kind.EMAIL_CHANGED, now=NOW, details={"to": "a@example.com"})
    journal.write(dbsession, ada.id, Kind.SIGNED_IN, now=NOW, session_id="another session!")
    dbsession.commit()
    changed, signed_in = events_of(dbsession, ada)
    assert (changed.kind, changed.actor, changed.actor_id) == ("email_changed", "person", None)
    assert (changed.session_id, changed.user_agent) == ("a session of us", "Firefox")
    assert (changed.network_address, changed.details) == ("192.0.2.1", {"to": "a@example.com"})
    assert (signed_in.session_id, signed_in.details) == ("another session!", {})


def test_no_two_events_of_one_request_are_at_the_same_moment(dbsession, ada, journal):
    for _ in range(3):
        journal.write(dbsession, ada.id, Kind.SESSION_ENDED, now=NOW)
    dbsession.commit()
    microsecond = timedelta(microseconds=1)
    moments = [event.at for event in events_of(dbsession, ada)]
    assert moments == [NOW, NOW + microsecond, NOW + 2 * microsecond]


def test_what_is_kept_is_published_once_and_only_then(dbsession, ada, journal, told):
    journal.write(dbsession, ada.id, Kind.SIGNED_IN, now=NOW)
    assert [event.kind for event in told[0]] == [Kind.SIGNED_IN]
    assert told[1] == []
    dbsession.commit()
    dbsession.commit()
    assert told[1] == told[0]


def test_what_is_undone_is_not_published(dbsession, ada, journal, told):
    journal.write(dbsession, ada.id, Kind.SIGNED_IN, now=NOW)
    dbsession.rollback()
    dbsession.commit()
    assert told[1] == []
    assert events_of(dbsession, ada) == []


def test_what_a_savepoint_undoes_is_not_published_and_the_rest_is(dbsession, ada, journal, told):
    def write(kind):
        journal.write(dbsession, ada.id, kind, now=NOW)

    write(Kind.PASSWORD_CONFIRMED)
    with dbsession.begin_nested():
        write(Kind.EMAIL_VERIFIED)
    assert told[1] == []
    savepoint = dbsession.begin_nested()
    write(Kind.EMAIL_CHANGED)
    savepoint.rollback()
    write(Kind.CLOSED)
    dbsession.commit()
    kept = [Kind.PASSWORD_CONFIRMED, Kind.EMAIL_VERIFIED, Kind.CLOSED]
    assert [event.kind for event in told[1]] == kept
    assert {event.kind for event in events_of(dbsession, ada)} == {kind.key for kind in kept}


def test_what_is_undone_is_not_published_because_a_savepoint_inside_was_released(
    dbsession, ada, journal, told
):
    savepoint = dbsession.begin_nested()
    with dbsession.begin_nested():
        journal.write(dbsession, ada.id, Kind.EMAIL_CHANGED, now=NOW)
    savepoint.rollback()
    dbsession.commit()
    assert told[1] == []
    assert events_of(dbsession, ada) == []


def test_what_a_closed_session_has_not_kept_is_not_published_later(dbsession, ada, journal, told):
    journal.write(dbsession, ada.id, Kind.EMAIL_CHANGED, now=NOW)
    dbsession.close()
    dbsession.execute(sa.select(Event.id))
    dbsession.commit()
    assert told[1] == []


def test_other_sessions_of_the_database_are_left_alone(dbsession):
    dbsession.execute(sa.select(Event.id))
    with dbsession.begin_nested():
        pass
    dbsession.rollback()
    dbsession.commit()


def test_what_a_subscriber_raises_undoes_the_whole(dbsession, ada, told):
    def refuse(event: AccountEvent) -> None:
        raise ValueError(event.kind)

    journal = Journal(ORIGIN, notify=refuse, publish=[told[1].append])
    with pytest.raises(ValueError, match="SIGNED_UP"):
        journal.write(dbsession, ada.id, Kind.SIGNED_UP, now=NOW)
    dbsession.rollback()
    assert events_of(dbsession, ada) == []
    assert told[1] == []


def test_of_an_account_that_nobody_has_nothing_is_kept(dbsession, ada, journal, told):
    before = dbsession.scalar(sa.select(sa.func.count()).select_from(Event))
    journal.write(dbsession, new_id(), Kind.SIGN_IN_FAILED, now=NOW)
    dbsession.commit()
    assert dbsession.scalar(sa.select(sa.func.count()).select_from(Event)) == before
    assert [(event.kind, event.user_id) for event in told[1]] == [(Kind.SIGN_IN_FAILED, None)]


@pytest.mark.asvs("16.2.1", "16.2.5")
def test_the_log_says_who_where_and_what_and_nothing_that_was_typed(dbsession, ada, caplog):
    caplog.set_level(logging.INFO)
    journal = Journal(ORIGIN, notify=lambda _: None, publish=[log_event])
    details = {"reason": "signed_out", "name": "my laptop", "to": "new@example.com"}
    journal.write(dbsession, ada.id, Kind.SESSION_ENDED, now=NOW, details=details)
    journal.write(dbsession, new_id(), Kind.SIGN_IN_FAILED, now=NOW)
    dbsession.commit()
    ended, failed = caplog.records
    assert ended.getMessage() == (
        f"session_ended: user_id={ada.id} session_id=a session of us "
        "network_address=192.0.2.1 actor=person reason=signed_out"
    )
    assert (ended.levelno, failed.levelno) == (logging.INFO, logging.WARNING)
    assert "user_id" not in failed.getMessage()
    line = JsonFormatter().format(ended)
    assert "my laptop" not in line
    assert "new@example.com" not in line
    assert json.loads(line)["level"] == "INFO"
