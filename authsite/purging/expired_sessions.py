"""Deleting expired sessions, each with an event in the history."""

from datetime import datetime

import sqlalchemy as sa

from authsite.accounts.end_sessions import ENDED, session_snapshot
from authsite.audit.event_types import Actor, EventType, SessionEndReason
from authsite.audit.store import KEPT_FOR, row_of_event, write_rows
from authsite.db.engines import Database
from authsite.models import User, UserSession


def expire_sessions(database: Database, now: datetime, limit: int) -> int:
    """Delete at most `limit` sessions that had expired by `now`; return their number.

    On PostgreSQL, locked rows may be in use, and are left to the next purge. Users are locked
    before sessions, as everywhere.
    """
    with database.write_engine.begin() as connection:
        expired = connection.scalars(
            sa.select(UserSession.id)
            .join(User, User.id == UserSession.user_id)
            .where(UserSession.expires_at <= now)
            .order_by(UserSession.expires_at)
            .limit(limit)
            .with_for_update(read=True, key_share=True, of=User, skip_locked=True)
        ).all()
        unlocked = sa.select(UserSession.id).where(UserSession.id.in_(expired))
        ended = connection.execute(
            sa.delete(UserSession)
            .where(UserSession.id.in_(unlocked.with_for_update(skip_locked=True)))
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
                if row.expires_at > now - KEPT_FOR  # older events are purged as well
            ],
        )
    return len(ended)
