"""Ending sessions: their rows are deleted, and the history of their user keeps what they were."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.accounts.end_sessions import (
    MAX_SESSIONS,
    end_session_by_token,
    end_sessions,
    enforce_session_limit,
    is_session_alive,
)
from authsite.accounts.pending_sign_ins import create_pending_sign_in
from authsite.accounts.session_secrets import PREVIOUS_SECRET_LIFETIME, rotate_session_secret
from authsite.accounts.sessions import create_session
from authsite.accounts.sign_in import SignIn
from authsite.accounts.users import Credential
from authsite.audit.event_types import EventType, SessionEndReason
from authsite.audit.store import KEPT_FOR
from authsite.models import AuditEvent, PendingSignIn, UserSession
from authsite.purging.targets import SESSIONS, purge
from authsite.tokens import SessionToken, new_id
from tests.factories import NOW, a_session, a_user, some_noise

DAY = timedelta(days=1)


@pytest.fixture
def ada(dbsession):
    """A user among others."""
    some_noise(dbsession)
    return a_user(dbsession)


def ended(dbsession, user):
    """Return the events about sessions of the user that ended, by the id of the session."""
    mine = sa.select(AuditEvent).where(
        AuditEvent.user_id == user.id, AuditEvent.type == "session_ended"
    )
    return {event.details["session"]: event for event in dbsession.scalars(mine)}


@pytest.fixture
def end_all(dbsession, begin):
    """End the sessions of a user from the session "mine"; return how many there were."""

    def end(user, **values):
        work = begin(source={"session_id": "mine"})
        count = end_sessions(work, user.id, SessionEndReason.ENDED, **values)
        dbsession.commit()
        return count

    return end


def test_ended_session_is_in_the_history(dbsession, end_all, ada):
    values = {"user_agent": "Firefox", "ip_address": "192.0.2.7", "name": "work laptop"}
    session = a_session(dbsession, ada, **values)
    ended_id, created_at = session.id, session.created_at
    assert end_all(ada) == 1
    event = ended(dbsession, ada)[ended_id]
    assert (event.occurred_at, event.session_id) == (NOW, "mine")
    assert event.details == {
        "reason": "ended",
        "session": ended_id,
        "signed_in_at": created_at.isoformat(),
        "method": "password",
        "name": "work laptop",
        "browser": "Firefox",
        "ip_address": "192.0.2.7",
    }


def test_ended_session_omits_what_is_unknown(dbsession, end_all, ada):
    session_id = a_session(dbsession, ada, user_agent=None, ip_address=None).id
    end_all(ada)
    assert set(ended(dbsession, ada)[session_id].details) == {
        "reason",
        "session",
        "signed_in_at",
        "method",
    }


def test_end_sessions_keeps_one_and_other_users(dbsession, end_all, ada):
    kept, _ended = a_session(dbsession, ada), a_session(dbsession, ada)
    all_there_were = dbsession.scalar(sa.select(sa.func.count()).select_from(UserSession))
    assert end_all(ada, except_=kept.id) == 1
    left = dbsession.scalars(sa.select(UserSession.id)).all()
    assert kept.id in left
    assert len(left) == all_there_were - 1


@pytest.mark.parametrize("surplus", [0, 1, 150])
def test_session_limit_ends_the_least_recently_used(dbsession, work, ada, surplus):
    """Each sign-in ends some, until no more than the limit are left."""
    others = dbsession.scalar(sa.select(sa.func.count()).select_from(UserSession))
    seen = {new_id(): NOW - number * DAY / 100 for number in range(MAX_SESSIONS + surplus)}
    rows = [
        {"id": each, "user_id": ada.id, "secret_digest": bytes(32), "auth_method": "password"}
        | {"created_at": at, "last_seen_at": at, "authenticated_at": at, "expires_at": NOW + DAY}
        for each, at in seen.items()
    ]
    dbsession.execute(sa.insert(UserSession.__table__), rows)
    for _ in range(2):
        enforce_session_limit(work, ada.id)
    assert set(ended(dbsession, ada)) == set(list(seen)[MAX_SESSIONS:])
    left = dbsession.scalar(sa.select(sa.func.count()).select_from(UserSession))
    assert left == others + MAX_SESSIONS


def test_sign_in_enforces_the_session_limit(dbsession, begin, ada):
    sign_in = SignIn(Credential.of(ada), ada.email_normalized)
    tokens = [
        create_session(begin(now=NOW + timedelta(seconds=number)), sign_in, EventType.SIGNED_IN)
        for number in range(MAX_SESSIONS + 1)
    ]
    assert set(ended(dbsession, ada)) == {tokens[0].id}


def test_end_sessions_deletes_pending_sign_ins(dbsession, work, end_all, ada):
    other = a_user(dbsession)
    for user in (ada, other):
        create_pending_sign_in(work, SignIn(Credential.of(user), user.email_normalized), "a stage")
    dbsession.commit()
    assert end_all(ada) == 0
    assert dbsession.scalars(sa.select(PendingSignIn.user_id)).all() == [other.id]


def test_expired_session_is_recorded_as_expired(dbsession, end_all, ada):
    over = a_session(dbsession, ada, expires_at=NOW).id
    end_all(ada)
    assert ended(dbsession, ada)[over].details["reason"] == "expired"


def test_end_session_by_token_requires_the_secret(dbsession, work, ada):
    token = SessionToken.new()
    a_session(dbsession, ada, token=token)
    reason = SessionEndReason.SIGNED_OUT
    end_session_by_token(work, SessionToken.for_session(token.id), reason)
    assert ended(dbsession, ada) == {}
    end_session_by_token(work, token, reason)
    end_session_by_token(work, token, reason)
    assert ended(dbsession, ada)[token.id].details["reason"] == "signed_out"


@pytest.mark.parametrize(("age", "ends"), [(timedelta(0), True), (PREVIOUS_SECRET_LIFETIME, False)])
def test_previous_secret_ends_its_session_for_a_moment(dbsession, work, ada, age, ends):
    token = SessionToken.new()
    a_session(dbsession, ada, token=token)
    rotate_session_secret(dbsession, token, user_id=ada.id, key=b"key", now=NOW - age)
    end_session_by_token(work, token, SessionEndReason.SIGNED_OUT)
    assert is_session_alive(dbsession, token.id, now=NOW) is not ends


def test_expired_session_is_not_alive(dbsession, ada):
    over, other = (a_session(dbsession, ada, expires_at=at).id for at in (NOW, NOW + DAY))
    assert not is_session_alive(dbsession, over, now=NOW)
    assert is_session_alive(dbsession, other, now=NOW)
    assert not is_session_alive(dbsession, new_id(), now=NOW)


def test_purge_records_when_a_session_expired(dbsession, ada, services):
    over = a_session(dbsession, ada, expires_at=NOW - 2 * DAY, user_agent="Firefox").id
    kept = a_session(dbsession, ada, expires_at=NOW + DAY).id
    too_old = a_session(dbsession, ada, expires_at=NOW - KEPT_FOR).id
    dbsession.rollback()  # on SQLite it reads a snapshot of when it began
    assert sum(purge(services.database, SESSIONS, now=NOW, batch=1)) >= 2
    there = dbsession.scalars(sa.select(UserSession.id)).all()
    assert kept in there
    assert not {over, too_old} & set(there)
    events = ended(dbsession, ada)
    assert set(events) == {over}
    event = events[over]
    assert (event.occurred_at, event.actor, event.session_id) == (NOW - 2 * DAY, "system", over)
    assert (event.user_agent, event.details["reason"]) == ("Firefox", "expired")
