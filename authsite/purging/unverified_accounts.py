"""Closing accounts that were never verified and are no longer used."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from authsite.audit.event_types import EventType
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
        User.delete_after.is_(None),
        User.suspended_at.is_(None),
        User.external_id.is_(None),
        sa.not_(User.is_administrator),
        sa.not_(session),
        sa.not_(recent_session),
    )


def close_unverified_accounts(
    connection: Connection, lifetime: timedelta, *, now: datetime, limit: int
) -> int:
    """Close at most `limit` abandoned accounts without a grace period; return their number.

    The purge deletes them as it does others whose grace period is over. On PostgreSQL, a locked
    account may be in use, and is left to the next purge. The second statement sees what was
    committed before the first one took the lock, such as the session of a sign-in.
    """
    locked = connection.scalars(
        sa.select(User.id)
        .where(is_abandoned(lifetime, now=now))
        .limit(limit)
        .with_for_update(of=User, skip_locked=True)
    ).all()
    table = User.metadata.tables["authsite_user"]
    return connection.execute(
        sa.update(table)
        .where(User.id.in_(locked), is_abandoned(lifetime, now=now))
        .values(delete_after=now)
    ).rowcount
