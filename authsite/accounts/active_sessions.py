"""The sessions of one person, for themselves: to look at, to name and to end."""

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.accounts.end_sessions import end_session_by_id, end_sessions
from authsite.accounts.users import lock_user
from authsite.audit.event_types import SessionEndReason
from authsite.audit.recorder import AuditLog
from authsite.models import UserSession

#: More than anybody can tell apart; a program that signs in again and again has more.
MAX_LISTED = 100


class SessionInfo(NamedTuple):
    """A session that lives, and all of it that its owner may see."""

    id: str
    name: str | None
    auth_method: str
    user_agent: str | None
    ip_address: str | None
    public_computer: bool
    created_at: datetime
    last_seen_at: datetime


#: As `SessionInfo` has them.
_COLUMNS = (
    UserSession.id,
    UserSession.name,
    UserSession.auth_method,
    UserSession.user_agent,
    UserSession.ip_address,
    UserSession.public_computer,
    UserSession.created_at,
    UserSession.last_seen_at,
)


def find_sessions(
    dbsession: Session, user_id: str, *, here: str, now: datetime
) -> tuple[list[SessionInfo], int]:
    """Return the sessions of the user, and how many there are.

    That with the id `here` comes first, then those that were seen last; at most `MAX_LISTED`.
    """
    is_here = sa.case((UserSession.id == here, 0), else_=1)
    rows = dbsession.execute(
        sa.select(*_COLUMNS, sa.func.count().over())
        .where(UserSession.user_id == user_id, UserSession.expires_at > now)
        .order_by(is_here, UserSession.last_seen_at.desc(), UserSession.id)
        .limit(MAX_LISTED)
    ).all()
    return [SessionInfo._make(row[:-1]) for row in rows], rows[0][-1] if rows else 0


def get_session(
    dbsession: Session, user_id: str, session_id: str, *, now: datetime
) -> SessionInfo | None:
    """Return this session if it is the user's and lives, or None."""
    row = dbsession.execute(
        sa.select(*_COLUMNS).where(
            UserSession.id == session_id,
            UserSession.user_id == user_id,
            UserSession.expires_at > now,
        )
    ).one_or_none()
    return SessionInfo._make(row) if row else None


def name_session(dbsession: Session, user_id: str, session_id: str, *, name: str) -> None:
    """Call the session by this name; the empty one takes its name away."""
    dbsession.execute(
        sa.update(UserSession)
        .where(UserSession.id == session_id, UserSession.user_id == user_id)
        .values(name=name or None)
    )


def end_session(
    dbsession: Session, user_id: str, session_id: str, *, audit: AuditLog, now: datetime
) -> int:
    """End one session of the user from another of theirs; return how many have ended."""
    lock_user(dbsession, user_id)
    return end_session_by_id(
        dbsession, user_id, session_id, audit=audit, why=SessionEndReason.ENDED, now=now
    )


def end_other_sessions(
    dbsession: Session, user_id: str, *, here: str, audit: AuditLog, now: datetime
) -> int:
    """End all sessions of the user but that with the id `here`; return how many have ended."""
    lock_user(dbsession, user_id)
    return end_sessions(
        dbsession, user_id, except_=here, audit=audit, why=SessionEndReason.ENDED, now=now
    )
