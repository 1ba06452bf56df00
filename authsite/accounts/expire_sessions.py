"""Sessions that are over by themselves: they go in batches, each with a line in the history."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from authsite.accounts.end_sessions import ENDED, ended_session
from authsite.accounts.events import Actor, EndReason, Kind
from authsite.accounts.history import KEPT_FOR
from authsite.models import Event, User, UserSession
from authsite.tokens import new_id

_EVENT = Event.metadata.tables["event"]


def expire_oldest(connection: Connection, *, now: datetime, most: int) -> int:
    """Delete sessions that were over by `now`, `most` at a time; return how many there were.

    On PostgreSQL, what somebody holds may be used just now, and is left to the next sweep. Users
    come before sessions, in the order of all who lock both.
    """
    found = connection.scalars(
        sa.select(UserSession.id)
        .join(User, User.id == UserSession.user_id)
        .where(UserSession.expires_at <= now)
        .order_by(UserSession.expires_at)
        .limit(most)
        .with_for_update(read=True, key_share=True, of=User, skip_locked=True)
    ).all()
    free = sa.select(UserSession.id).where(UserSession.id.in_(found))
    ended = connection.execute(
        sa.delete(UserSession)
        .where(UserSession.id.in_(free.with_for_update(skip_locked=True)))
        .returning(*ENDED)
    ).all()
    if events := _events_of(ended, now=now):
        connection.execute(sa.insert(_EVENT), events)
    return len(ended)


def _events_of(
    ended: "Sequence[sa.Row[*tuple[Any, ...]]]", *, now: datetime
) -> list[dict[str, Any]]:
    """Return what the histories keep of these sessions, if anybody can still read it."""
    return [
        {
            "id": new_id(),
            "user_id": row.user_id,
            "at": row.expires_at,
            "kind": Kind.SESSION_ENDED.key,
            "actor": Actor.SITE.value,
            "actor_id": None,
            "session_id": row.id,
            "user_agent": row.user_agent,
            "network_address": row.network_address,
            "details": ended_session(row, EndReason.EXPIRED),
        }
        for row in ended
        if row.expires_at > now - KEPT_FOR
    ]
