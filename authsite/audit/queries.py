"""The history of one account: by pages, as a whole, and its ended sessions."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.audit.event_types import Actor, EventType
from authsite.audit.labels import event_label
from authsite.audit.store import KEPT_FOR
from authsite.models import AuditEvent, UserSession

#: Events per page, and per query for a file.
PAGE, CHUNK = 50, 500
#: Events in a file that is built in memory, of up to 6 KB each as JSON. A person has a few hundred
#: in 90 days, a program that signs in every ten minutes has more.
MAX_AT_ONCE = 1_000
#: The ended sessions that are shown.
ENDED_WITHIN = timedelta(days=30)
MAX_ENDED = 50


class NoSuchEvent(LookupError):
    """The account has no event with this id, or it is older than `KEPT_FOR`."""


class HistoryEntry(NamedTuple):
    """An event as its user may see it: without the id of an administrator."""

    id: str
    occurred_at: datetime
    type: str
    actor: str
    session_id: str | None
    user_agent: str | None
    ip_address: str | None
    details: Mapping[str, str]
    #: Whether its session is active, and the name of that.
    session_lives: bool
    session_name: str | None

    @property
    def is_by_user(self) -> bool:
        return self.actor == Actor.USER


class HistoryPage(NamedTuple):
    """Entries, newest first; `older` is the value of `before` for the next page."""

    entries: list[HistoryEntry]
    older: str | None


def history_page(
    dbsession: Session, user_id: str, *, before: str | None, now: datetime
) -> HistoryPage:
    """Return the entries before the event with the id `before`, or the newest.

    Raises `NoSuchEvent` if it is not the user's.
    """
    position = _find_position(dbsession, user_id, before, now=now) if before else None
    found = _entries(dbsession, user_id, before=position, limit=PAGE + 1, now=now)
    older = found[PAGE - 1].id if len(found) > PAGE else None
    return HistoryPage(found[:PAGE], older)


def iter_history(
    new_dbsession: Callable[[], Session], user_id: str, *, now: datetime
) -> Iterator[HistoryEntry]:
    """Yield every entry, newest first.

    Each chunk is read in a dbsession of its own, so that a slow reader occupies no connection, and
    memory does not grow with the number of entries.
    """
    position, more = None, True
    while more:
        with new_dbsession() as dbsession:
            found = _entries(dbsession, user_id, before=position, limit=CHUNK, now=now)
        yield from found
        more = len(found) == CHUNK
        position = (found[-1].occurred_at, found[-1].id) if more else None


def latest_history(dbsession: Session, user_id: str, *, now: datetime) -> list[HistoryEntry]:
    """Return the newest entries, at most `MAX_AT_ONCE`."""
    return _entries(dbsession, user_id, limit=MAX_AT_ONCE, now=now)


def find_ended_sessions(dbsession: Session, user_id: str, *, now: datetime) -> list[HistoryEntry]:
    """Return the ends of sessions within `ENDED_WITHIN`, newest first, at most `MAX_ENDED`."""
    return _entries(
        dbsession,
        user_id,
        AuditEvent.type == EventType.SESSION_ENDED.key,
        AuditEvent.occurred_at > now - ENDED_WITHIN,
        limit=MAX_ENDED,
        now=now,
    )


def to_dict(entry: HistoryEntry) -> dict[str, Any]:
    """Return the entry as JSON values; the time is in ISO 8601 and UTC."""
    return {
        "id": entry.id,
        "occurred_at": entry.occurred_at.isoformat(),
        "type": entry.type,
        "label": event_label(entry.type),
        "actor": entry.actor,
        "ip_address": entry.ip_address,
        "browser": entry.user_agent,
        "session": entry.session_id,
        "details": dict(entry.details),
    }


def _find_position(
    dbsession: Session, user_id: str, event_id: str, *, now: datetime
) -> tuple[datetime, str]:
    row = dbsession.execute(
        sa.select(AuditEvent.occurred_at, AuditEvent.id).where(
            AuditEvent.id == event_id,
            AuditEvent.user_id == user_id,
            AuditEvent.occurred_at > now - KEPT_FOR,
        )
    ).one_or_none()
    if row is None:
        raise NoSuchEvent(event_id)
    return row.occurred_at, row.id


def _entries(
    dbsession: Session,
    user_id: str,
    *conditions: "sa.ColumnElement[bool]",
    before: tuple[datetime, str] | None = None,
    limit: int,
    now: datetime,
) -> list[HistoryEntry]:
    """Return entries of the user, by the index alone: other users' events cost nothing."""
    if before:
        at, event_id = sa.literal(before[0], AuditEvent.occurred_at.type), sa.literal(before[1])
        conditions += (sa.tuple_(AuditEvent.occurred_at, AuditEvent.id) < sa.tuple_(at, event_id),)
    statement = (
        sa.select(
            AuditEvent.id,
            AuditEvent.occurred_at,
            AuditEvent.type,
            AuditEvent.actor,
            AuditEvent.session_id,
            AuditEvent.user_agent,
            AuditEvent.ip_address,
            AuditEvent.details,
            UserSession.id.is_not(None),
            UserSession.name,
        )
        .outerjoin(
            UserSession,
            sa.and_(
                UserSession.id == AuditEvent.session_id,
                UserSession.user_id == user_id,
                UserSession.expires_at > now,
            ),
        )
        .where(AuditEvent.user_id == user_id, AuditEvent.occurred_at > now - KEPT_FOR, *conditions)
        .order_by(AuditEvent.occurred_at.desc(), AuditEvent.id.desc())
        .limit(limit)
    )
    return [HistoryEntry._make(row) for row in dbsession.execute(statement)]
