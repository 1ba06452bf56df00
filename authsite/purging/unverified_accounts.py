"""Closing accounts that were never verified and are no longer used."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from authsite.audit.event_types import EventType
from authsite.db.engines import Database
from authsite.models import AuditEvent, User, UserSession


def is_abandoned(lifetime: timedelta, *, now: datetime) -> "sa.ColumnElement[bool]":
    """Return the condition that an account was never verified and has not been used for `lifetime`.

    It was created, and its last session ended, before that time. Accounts of administrators,
    suspended and imported accounts are kept.
    """
    since = now - lifetime
    session = sa.exists().where(UserSession.user_id == User.id)
    recent_session = sa.exists().where(
        AuditEvent.user_id == User.id,
        AuditEvent.type == EventType.SESSION_ENDED.key,
        AuditEvent.occurred_at > since,
    )
    return sa.and_(
        User.email_verified_at.is_(None),
        User.created_at <= since,
        _is_null(User.delete_after),
        _is_null(User.external_id),
        User.suspended_at.is_(None),
        sa.not_(User.is_administrator),
        sa.not_(session),
        sa.not_(recent_session),
    )


def _is_null(column: "sa.ColumnElement[Any] | InstrumentedAttribute[Any]") -> Any:
    """Return the condition in a form for which SQLite does not search the index of the column.

    Nearly all accounts have NULL there; the index of unverified accounts has few.
    """
    return sa.func.coalesce(column, sa.null()).is_(None)


def close_unverified_accounts(
    database: Database, lifetime: timedelta, *, now: datetime, limit: int
) -> int:
    """Close at most `limit` abandoned accounts without a grace period; return their number.

    The purge deletes them as it does others whose grace period is over. They are searched before
    SQLite's write lock is taken. On PostgreSQL, a locked account may be in use, and is left to the
    next purge. The condition is checked again under the lock, which a sign-in takes before it
    writes its session.
    """
    abandoned = sa.select(User.id).where(is_abandoned(lifetime, now=now)).limit(limit)
    with database.read_engine.connect() as connection:
        found = connection.scalars(abandoned).all()
    if not found:
        return 0
    with database.write_engine.begin() as connection:
        wanted = sa.select(User.id).where(User.id.in_(found))
        locked = connection.scalars(wanted.with_for_update(skip_locked=True)).all()
        return connection.execute(
            sa.update(User.metadata.tables["authsite_user"])
            .where(User.id.in_(locked), is_abandoned(lifetime, now=now))
            .values(delete_after=now)
        ).rowcount
