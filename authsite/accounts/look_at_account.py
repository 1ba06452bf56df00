"""What those who run the site see of an account: its sessions, and what happened to it of late."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.models import Event, UserSession


class SessionSeen(NamedTuple):
    """A browser in which somebody is signed in."""

    id: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    public_computer: bool
    method: str
    name: str | None
    user_agent: str | None
    network_address: str | None


class EventSeen(NamedTuple):
    """Something that happened."""

    at: datetime
    kind: str
    actor: str
    session_id: str | None
    user_agent: str | None
    network_address: str | None
    details: Mapping[str, str]


def sessions_seen(dbsession: Session, user_id: str, *, now: datetime) -> list[SessionSeen]:
    """Return the sessions of the user that live, the one that was used last first."""
    columns = (getattr(UserSession, name) for name in SessionSeen._fields)
    rows = dbsession.execute(
        sa.select(*columns)
        .where(UserSession.user_id == user_id, UserSession.expires_at > now)
        .order_by(UserSession.last_seen_at.desc(), UserSession.id)
    )
    return [SessionSeen._make(row) for row in rows]


def events_seen(dbsession: Session, user_id: str, *, limit: int) -> list[EventSeen]:
    """Return what happened to the user last, newest first."""
    columns = (getattr(Event, name) for name in EventSeen._fields)
    rows = dbsession.execute(
        sa.select(*columns)
        .where(Event.user_id == user_id)
        .order_by(Event.at.desc(), Event.id.desc())
        .limit(limit)
    )
    return [EventSeen._make(row) for row in rows]
