"""Sessions that are over by themselves: they go in batches, each with a line in the history."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from authsite.accounts.end_sessions import ENDED, session_snapshot
from authsite.audit.event_types import Actor, EventType, SessionEndReason
from authsite.audit.store import KEPT_FOR, row_of_event, write_rows
from authsite.models import User, UserSession


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
    write_rows(
        connection,
        [
            row_of_event(
                row.user_id,
                EventType.SESSION_ENDED,
                occurred_at=row.expires_at,
                actor=Actor.SYSTEM,
                details=session_snapshot(row, SessionEndReason.EXPIRED),
                session_id=row.id,
                user_agent=row.user_agent,
                ip_address=row.ip_address,
            )
            for row in ended
            if row.expires_at > now - KEPT_FOR  # else nobody could read it any more
        ],
    )
    return len(ended)
