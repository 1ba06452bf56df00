"""The active sessions of a user: listing, naming and ending them."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from authsite.accounts.active_sessions import (
    MAX_LISTED,
    end_other_sessions,
    end_session,
    find_sessions,
    get_session,
    name_session,
)
from authsite.audit.event_types import EventType
from authsite.models import AuditEvent, UserSession
from tests.factories import NOW, a_session, a_user, some_noise

HOUR = timedelta(hours=1)


@pytest.fixture
def ada(dbsession):
    """A user with three active sessions and an expired one, and other users."""
    user = a_user(dbsession)
    some_noise(dbsession)
    for number in range(3):
        a_session(dbsession, user, id=f"{number:016}", last_seen_at=NOW - number * HOUR)
    a_session(dbsession, user, id="over".rjust(16), expires_at=NOW)
    return user


@pytest.fixture
def other(dbsession):
    """A session of another user."""
    return a_session(dbsession, a_user(dbsession), name="mine")


def ids(dbsession):
    """Return the ids of all sessions."""
    return set(dbsession.scalars(sa.select(UserSession.id)))


def test_list_has_current_session_then_most_recent(dbsession, ada):
    found, count = find_sessions(dbsession, ada.id, current=f"{2:016}", now=NOW)
    assert [each.id for each in found] == [f"{number:016}" for number in (2, 0, 1)]
    assert count == 3


def test_list_is_capped_and_count_is_not(dbsession, ada):
    for _ in range(MAX_LISTED):
        a_session(dbsession, ada, last_seen_at=NOW)
    found, count = find_sessions(dbsession, ada.id, current=f"{2:016}", now=NOW)
    assert (len(found), count) == (MAX_LISTED, MAX_LISTED + 3)
    assert found[0].id == f"{2:016}"


def test_list_is_empty_without_sessions(dbsession, ada):
    assert find_sessions(dbsession, a_user(dbsession).id, current="x", now=NOW) == ([], 0)


def test_session_is_found_while_active_by_its_user(dbsession, ada, other):
    found = get_session(dbsession, ada.id, f"{1:016}", now=NOW)
    assert (found.id, found.auth_method, found.name) == (f"{1:016}", "password", None)
    assert get_session(dbsession, ada.id, other.id, now=NOW) is None
    assert get_session(dbsession, ada.id, "over".rjust(16), now=NOW) is None


def test_name_changes_own_sessions_only(dbsession, ada, other):
    name_session(dbsession, ada.id, other.id, name="hers")
    name_session(dbsession, ada.id, f"{1:016}", name="phone")
    dbsession.commit()
    assert other.name == "mine"
    assert dbsession.get(UserSession, f"{1:016}").name == "phone"
    name_session(dbsession, ada.id, f"{1:016}", name="")
    dbsession.commit()
    assert dbsession.get(UserSession, f"{1:016}").name is None


def test_end_session_ends_this_one_only(dbsession, begin, ada, other):
    before = ids(dbsession)
    work = begin(source={"session_id": "here"})
    assert end_session(work, ada.id, other.id) == 0
    assert end_session(work, ada.id, f"{1:016}") == 1
    assert end_session(work, ada.id, f"{1:016}") == 0
    dbsession.commit()
    assert before - ids(dbsession) == {f"{1:016}"}
    written = sa.select(AuditEvent).where(AuditEvent.type == EventType.SESSION_ENDED.key)
    [event] = dbsession.scalars(written)
    assert (event.user_id, event.session_id) == (ada.id, "here")
    assert event.details["session"] == f"{1:016}"
    assert event.details["reason"] == "ended"


def test_end_other_sessions_keeps_current_and_other_users(dbsession, work, ada, other):
    before = ids(dbsession)
    ended = end_other_sessions(work, ada.id, current=f"{1:016}")
    dbsession.commit()
    assert ended == 3
    assert before - ids(dbsession) == {f"{0:016}", f"{2:016}", "over".rjust(16)}
    written = dbsession.scalars(
        sa.select(AuditEvent.details).where(AuditEvent.user_id == ada.id)
    ).all()
    assert sorted(each["reason"] for each in written) == ["ended", "ended", "expired"]
