"""The history of one account: in pages, and as a whole."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.audit.event_types import Actor, EventType
from authsite.audit.queries import (
    CHUNK,
    MAX_AT_ONCE,
    MAX_ENDED,
    PAGE,
    NoSuchEvent,
    find_ended_sessions,
    history_page,
    iter_history,
    latest_history,
    to_dict,
)
from authsite.audit.store import KEPT_FOR
from authsite.models import AuditEvent
from authsite.tokens import new_id
from tests.factories import NOW, a_session, a_user, an_event, some_noise

MINUTE = timedelta(minutes=1)


@pytest.fixture
def ada(dbsession):
    """A user among others with events."""
    user = a_user(dbsession)
    for person in some_noise(dbsession):
        an_event(dbsession, person, occurred_at=NOW - MINUTE)
    return user


def some_events(dbsession, user, number, *, every=MINUTE, **values):
    """Add this number of events; return their ids, newest first."""
    if not number:
        return []
    first = an_event(dbsession, user, occurred_at=NOW, **values).id
    first_row = sa.select(AuditEvent.__table__).where(AuditEvent.id == first)
    row = dict(dbsession.execute(first_row).mappings().one())
    rows = [
        row,
        *(row | {"id": new_id(), "occurred_at": NOW - n * every} for n in range(1, number)),
    ]
    if number > 1:
        dbsession.execute(sa.insert(AuditEvent.__table__), rows[1:])
    dbsession.commit()
    newest_first = sorted(rows, key=lambda each: (each["occurred_at"], each["id"]), reverse=True)
    return [each["id"] for each in newest_first]


@pytest.mark.parametrize("every", [MINUTE, timedelta(0)])
@pytest.mark.parametrize("number", [0, 1, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE, 2 * PAGE + 1])
def test_history_pages_have_no_gaps(dbsession, ada, number, every):
    ids = some_events(dbsession, ada, number, every=every)
    found, before, pages = [], None, 0
    while pages == 0 or before:
        page = history_page(dbsession, ada.id, before=before, now=NOW)
        assert len(page.entries) <= PAGE
        found += [each.id for each in page.entries]
        before, pages = page.older, pages + 1
    assert found == ids
    assert pages == max(1, -(-number // PAGE))


def test_history_page_rejects_other_and_expired_events(dbsession, ada):
    others = an_event(dbsession, a_user(dbsession))
    old = an_event(dbsession, ada, occurred_at=NOW - KEPT_FOR)
    for before in (others.id, old.id, "never was"):
        with pytest.raises(NoSuchEvent):
            history_page(dbsession, ada.id, before=before, now=NOW)


def test_history_omits_expired_events(dbsession, ada, services):
    an_event(dbsession, ada, kind=EventType.SESSION_ENDED, occurred_at=NOW - KEPT_FOR)
    kept = an_event(dbsession, ada, occurred_at=NOW - KEPT_FOR + MINUTE)
    page = history_page(dbsession, ada.id, before=None, now=NOW)
    whole = list(iter_history(services.database.read_dbsession, ada.id, now=NOW))
    for found in (page.entries, whole, latest_history(dbsession, ada.id, now=NOW)):
        assert [each.id for each in found] == [kept.id]


@pytest.mark.parametrize("number", [0, 1, CHUNK, CHUNK + 1])
def test_whole_history_is_read_in_chunks(dbsession, ada, services, number):
    ids = some_events(dbsession, ada, number, every=timedelta(0))
    opened = []

    def new_session() -> Session:
        opened.append(services.database.read_dbsession())
        return opened[-1]

    assert [each.id for each in iter_history(new_session, ada.id, now=NOW)] == ids
    assert len(opened) == number // CHUNK + 1


def test_latest_history_is_capped(dbsession, ada):
    """An entry has at most 6 KB, so a file of all stays below about 10 MB."""
    an_event(dbsession, ada, occurred_at=NOW)
    oldest = an_event(dbsession, ada, occurred_at=NOW - 2 * MINUTE).id
    row = dict(dbsession.execute(sa.select(AuditEvent.__table__).limit(1)).mappings().one())
    rows = [
        row | {"id": new_id(), "user_id": ada.id, "occurred_at": NOW - MINUTE}
        for _ in range(MAX_AT_ONCE)
    ]
    dbsession.execute(sa.insert(AuditEvent.__table__), rows)
    found = latest_history(dbsession, ada.id, now=NOW)
    assert len(found) == MAX_AT_ONCE == 1000
    assert oldest not in {entry.id for entry in found}


def test_history_entry_names_its_session_while_active(dbsession, ada):
    living = a_session(dbsession, ada, name="phone")
    over = a_session(dbsession, ada, name="old phone", expires_at=NOW)
    others = a_session(dbsession, a_user(dbsession), name="another's")
    for session in (living, over, others):
        an_event(dbsession, ada, session_id=session.id)
    an_event(dbsession, ada)
    found = history_page(dbsession, ada.id, before=None, now=NOW).entries
    names = {each.session_id: (each.session_lives, each.session_name) for each in found}
    assert names == {
        living.id: (True, "phone"),
        over.id: (False, None),
        others.id: (False, None),
        None: (False, None),
    }


def test_history_hides_which_administrator_acted(dbsession, ada):
    event = an_event(
        dbsession, ada, actor=Actor.ADMINISTRATOR, actor_id="who", details={"why": "because"}
    )
    [entry] = history_page(dbsession, ada.id, before=None, now=NOW).entries
    assert not entry.is_by_user
    plain = to_dict(entry)
    assert "who" not in plain.values()
    assert plain == {
        "id": event.id,
        "occurred_at": "2030-05-16T12:00:00+00:00",
        "type": "signed_in",
        "label": "Signed in",
        "actor": "administrator",
        "ip_address": "192.0.2.1",
        "browser": event.user_agent,
        "session": None,
        "details": {"why": "because"},
    }


def test_ended_sessions_are_recent_and_capped(dbsession, ada):
    an_event(dbsession, ada, occurred_at=NOW)
    ids = some_events(dbsession, ada, MAX_ENDED + 1, kind=EventType.SESSION_ENDED)
    an_event(dbsession, a_user(dbsession), kind=EventType.SESSION_ENDED)
    found = find_ended_sessions(dbsession, ada.id, now=NOW)
    assert [each.id for each in found] == ids[:MAX_ENDED]
    assert find_ended_sessions(dbsession, ada.id, now=NOW + timedelta(days=30)) == []
