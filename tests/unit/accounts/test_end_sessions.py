"""How sessions end: their rows go, and the history of their owner keeps what they were."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.accounts.end_sessions import (
    MOST,
    end_session_by_token,
    end_sessions,
    enforce_session_limit,
)
from authsite.accounts.sessions import create_session
from authsite.audit.event_types import SessionEndReason
from authsite.audit.store import KEPT_FOR
from authsite.models import AuditEvent, UserSession
from authsite.purging.targets import SESSIONS, purge
from authsite.tokens import SessionToken, new_id
from tests.factories import LIMITS, NOW, a_session, a_user, an_audit_log, some_noise

DAY = timedelta(days=1)


@pytest.fixture
def ada(dbsession):
    """Somebody among others."""
    some_noise(dbsession)
    return a_user(dbsession)


def ended(dbsession, user):
    """Return the events about sessions of the user that ended, by the id of the session."""
    mine = sa.select(AuditEvent).where(
        AuditEvent.user_id == user.id, AuditEvent.type == "session_ended"
    )
    return {event.details["session"]: event for event in dbsession.scalars(mine)}


def end_all(dbsession, user, **values):
    said = {
        "journal": an_audit_log(session_id="mine"),
        "why": SessionEndReason.ENDED,
        "now": NOW,
    } | values
    count = end_sessions(dbsession, user.id, **said)
    dbsession.commit()
    return count


def test_the_history_keeps_what_the_session_was(dbsession, ada):
    words = {"user_agent": "Firefox", "ip_address": "192.0.2.7", "name": "work laptop"}
    gone = a_session(dbsession, ada, **words)
    gone_id, created_at = gone.id, gone.created_at
    assert end_all(dbsession, ada) == 1
    event = ended(dbsession, ada)[gone_id]
    assert (event.occurred_at, event.session_id) == (NOW, "mine")
    assert event.details == {
        "reason": "ended",
        "session": gone_id,
        "signed_in_at": created_at.isoformat(),
        "method": "password",
        "name": "work laptop",
        "browser": "Firefox",
        "address": "192.0.2.7",
    }


def test_what_is_not_known_is_not_there(dbsession, ada):
    gone = a_session(dbsession, ada, user_agent=None, ip_address=None).id
    end_all(dbsession, ada)
    assert set(ended(dbsession, ada)[gone].details) == {
        "reason",
        "session",
        "signed_in_at",
        "method",
    }


def test_one_can_go_on_and_no_other_persons_ends(dbsession, ada):
    kept, _gone = a_session(dbsession, ada), a_session(dbsession, ada)
    all_there_were = dbsession.scalar(sa.select(sa.func.count()).select_from(UserSession))
    assert end_all(dbsession, ada, except_=kept.id) == 1
    left = dbsession.scalars(sa.select(UserSession.id)).all()
    assert kept.id in left
    assert len(left) == all_there_were - 1


@pytest.mark.parametrize("surplus", [0, 1, 150])
def test_of_too_many_those_go_that_were_used_the_longest_ago(dbsession, ada, surplus):
    """Some at each sign-in, until there are no more than there may be."""
    others = dbsession.scalar(sa.select(sa.func.count()).select_from(UserSession))
    seen = {new_id(): NOW - number * DAY / 100 for number in range(MOST + surplus)}
    rows = [
        {"id": each, "user_id": ada.id, "secret_digest": bytes(32), "method": "password"}
        | {"created_at": at, "last_seen_at": at, "confirmed_at": at, "expires_at": NOW + DAY}
        for each, at in seen.items()
    ]
    dbsession.execute(sa.insert(UserSession.__table__), rows)
    for _ in range(2):
        enforce_session_limit(dbsession, ada.id, audit=an_audit_log(), now=NOW)
    assert set(ended(dbsession, ada)) == set(list(seen)[MOST:])
    left = dbsession.scalar(sa.select(sa.func.count()).select_from(UserSession))
    assert left == others + MOST


def test_a_sign_in_makes_room_for_itself(dbsession, ada):
    timeouts = {"timeouts": LIMITS, "user_agent": None, "ip_address": None}
    tokens = [
        create_session(
            dbsession,
            ada.id,
            audit=an_audit_log(),
            now=NOW + number * timedelta(seconds=1),
            **timeouts,
        )
        for number in range(MOST + 1)
    ]
    assert set(ended(dbsession, ada)) == {tokens[0].id}


def test_what_was_over_by_itself_is_not_said_to_have_been_ended(dbsession, ada):
    over = a_session(dbsession, ada, expires_at=NOW).id
    end_all(dbsession, ada)
    assert ended(dbsession, ada)[over].details["reason"] == "expired"


def test_with_a_token_one_session_ends_and_with_a_forged_one_none(dbsession, ada):
    token = SessionToken.new()
    a_session(dbsession, ada, token=token)
    words = {"journal": an_audit_log(), "why": SessionEndReason.SIGNED_OUT, "now": NOW}
    end_session_by_token(dbsession, SessionToken.for_session(token.id), **words)
    assert ended(dbsession, ada) == {}
    end_session_by_token(dbsession, token, **words)
    end_session_by_token(dbsession, token, **words)
    assert ended(dbsession, ada)[token.id].details["reason"] == "signed_out"


def test_the_sweep_tells_the_history_when_a_session_was_over(dbsession, ada, services):
    over = a_session(dbsession, ada, expires_at=NOW - 2 * DAY, user_agent="Firefox").id
    kept = a_session(dbsession, ada, expires_at=NOW + DAY).id
    forgotten = a_session(dbsession, ada, expires_at=NOW - KEPT_FOR).id
    dbsession.rollback()  # on SQLite it sees the rows as they were when it began
    assert sum(purge(services.database.write_engine, SESSIONS, now=NOW, batch=1)) >= 2
    there = dbsession.scalars(sa.select(UserSession.id)).all()
    assert kept in there
    assert not {over, forgotten} & set(there)
    events = ended(dbsession, ada)
    assert set(events) == {over}
    event = events[over]
    assert (event.occurred_at, event.actor, event.session_id) == (NOW - 2 * DAY, "system", over)
    assert (event.user_agent, event.details["reason"]) == ("Firefox", "expired")
