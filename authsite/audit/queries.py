"""The history of one account, for its owner: by pages, as a whole, and the sessions that ended."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.audit.event_types import Actor, EventType
from authsite.audit.labels import event_label
from authsite.audit.store import KEPT_FOR
from authsite.models import AuditEvent, UserSession

#: Events on a page, and as many as are read at once for a file.
PAGE, CHUNK = 50, 500
#: Of these, each with up to 6 KB as JSON, a whole file is put together in memory. A person has some
#: hundred in 90 days; a program that signs in every ten minutes has more.
MAX_AT_ONCE = 1_000
#: Of sessions that have ended, this is shown.
ENDED_WITHIN = timedelta(days=30)
MAX_ENDED = 50


class NoSuchEvent(LookupError):
    """The account has no event with this id, or none that can still be known."""


class HistoryEntry(NamedTuple):
    """An event as the owner of the account may know it: who of the site's did it is left out."""

    id: str
    occurred_at: datetime
    type: str
    actor: str
    session_id: str | None
    user_agent: str | None
    ip_address: str | None
    details: Mapping[str, str]
    #: Of the session that it was done in, while that lives.
    session_lives: bool
    session_name: str | None

    @property
    def is_by_user(self) -> bool:
        """Whether it was done in a browser, as most is."""
        return self.actor == Actor.USER


class HistoryPage(NamedTuple):
    """Some entries, newest first; `older` is the id before which those of the next page are."""

    entries: list[HistoryEntry]
    older: str | None


def history_page(
    dbsession: Session, user_id: str, *, before: str | None, now: datetime
) -> HistoryPage:
    """Return the entries before the event with the id `before`, or the newest.

    Raises `NoSuchEvent` if it is not the user's.
    """
    position = _position_of(dbsession, user_id, before, now=now) if before else None
    found = _entries(dbsession, user_id, before=position, most=PAGE + 1, now=now)
    older = found[PAGE - 1].id if len(found) > PAGE else None
    return HistoryPage(found[:PAGE], older)


def iter_history(
    new_session: Callable[[], Session], user_id: str, *, now: datetime
) -> Iterator[HistoryEntry]:
    """Yield every entry, newest first.

    Each part is read in a session of its own, so that whoever takes them slowly holds up nobody,
    and memory does not grow with their number.
    """
    position, more = None, True
    while more:
        with new_session() as dbsession:
            found = _entries(dbsession, user_id, before=position, most=CHUNK, now=now)
        yield from found
        more = len(found) == CHUNK
        position = (found[-1].occurred_at, found[-1].id) if more else None


def latest_history(dbsession: Session, user_id: str, *, now: datetime) -> list[HistoryEntry]:
    """Return as many of the newest entries as fit into memory."""
    return _entries(dbsession, user_id, most=MAX_AT_ONCE, now=now)


def find_ended_sessions(dbsession: Session, user_id: str, *, now: datetime) -> list[HistoryEntry]:
    """Return how sessions of the user ended of late, newest first, at most `MAX_ENDED`."""
    return _entries(
        dbsession,
        user_id,
        AuditEvent.type == EventType.SESSION_ENDED.key,
        AuditEvent.occurred_at > now - ENDED_WITHIN,
        most=MAX_ENDED,
        now=now,
    )


def to_dict(entry: HistoryEntry) -> dict[str, Any]:
    """Return the entry as values that JSON knows; the time is in ISO 8601, in UTC."""
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


def _position_of(
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
    *these: "sa.ColumnElement[bool]",
    before: tuple[datetime, str] | None = None,
    most: int,
    now: datetime,
) -> list[HistoryEntry]:
    """Return entries of the user, by the index of `Event` alone, however many others have."""
    if before:
        at, event_id = sa.literal(before[0], AuditEvent.occurred_at.type), sa.literal(before[1])
        these += (sa.tuple_(AuditEvent.occurred_at, AuditEvent.id) < sa.tuple_(at, event_id),)
    newest = (
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
        .where(AuditEvent.user_id == user_id, AuditEvent.occurred_at > now - KEPT_FOR, *these)
        .order_by(AuditEvent.occurred_at.desc(), AuditEvent.id.desc())
        .limit(most)
    )
    return [HistoryEntry._make(row) for row in dbsession.execute(newest)]
