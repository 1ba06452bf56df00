"""Deleting expired sessions, each with an event in the history."""

from datetime import datetime

import sqlalchemy as sa

from authsite.accounts.end_sessions import ENDED, session_snapshot
from authsite.audit.event_types import Actor, EventType, SessionEndReason
from authsite.audit.store import KEPT_FOR, row_of_event, write_rows
from authsite.db.engines import Database
from authsite.models import User, UserSession
from authsite.purging.batches import Batch, is_not_before

_EXPIRES_AT = UserSession.metadata.tables["authsite_session"].c.expires_at


def expire_sessions(database: Database, now: datetime, limit: int, since: datetime | None) -> Batch:
    """Delete at most `limit` sessions that had expired by `now`, and not before `since`.

    On PostgreSQL, locked rows may be in use, and are left to the next purge. Users are locked
    before sessions, as everywhere.
    """
    with database.write_engine.begin() as connection:
        expired = connection.execute(
            sa.select(UserSession.id, UserSession.expires_at)
            .join(User, User.id == UserSession.user_id)
            .where(UserSession.expires_at <= now, is_not_before(_EXPIRES_AT, since))
            .order_by(UserSession.expires_at)
            .limit(limit)
            .with_for_update(read=True, key_share=True, of=User, skip_locked=True)
        ).all()
        found = sa.select(UserSession.id).where(UserSession.id.in_([row.id for row in expired]))
        # Not a subquery: PostgreSQL would read every row of a table that has partitions.
        unlocked = connection.scalars(found.with_for_update(skip_locked=True)).all()
        ended = connection.execute(
            sa.delete(UserSession).where(UserSession.id.in_(unlocked)).returning(*ENDED)
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
    return Batch(len(ended), expired[-1].expires_at if expired else since)
