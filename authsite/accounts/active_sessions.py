"""The active sessions of a user: list, name and end them."""

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.accounts.end_sessions import end_session_by_id, end_sessions
from authsite.accounts.unit_of_work import UnitOfWork
from authsite.accounts.users import lock_user
from authsite.audit.event_types import SessionEndReason
from authsite.models import UserSession

#: Sessions on a page; a program that signs in again and again has more.
MAX_LISTED = 100


class SessionInfo(NamedTuple):
    """An active session as its user sees it."""

    id: str
    name: str | None
    auth_method: str
    user_agent: str | None
    ip_address: str | None
    public_computer: bool
    created_at: datetime
    last_seen_at: datetime


#: In the order of `SessionInfo`.
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
    dbsession: Session, user_id: str, *, current: str | None, now: datetime
) -> tuple[list[SessionInfo], int]:
    """Return the active sessions of the user, and their number.

    The session with the id `current` comes first, then the most recently used; at most
    `MAX_LISTED`.
    """
    is_current = sa.case((UserSession.id == current, 0), else_=1)
    rows = dbsession.execute(
        sa.select(*_COLUMNS, sa.func.count().over())
        .where(UserSession.user_id == user_id, UserSession.expires_at > now)
        .order_by(is_current, UserSession.last_seen_at.desc(), UserSession.id)
        .limit(MAX_LISTED)
    ).all()
    return [SessionInfo._make(row[:-1]) for row in rows], rows[0][-1] if rows else 0


def get_session(
    dbsession: Session, user_id: str, session_id: str, *, now: datetime
) -> SessionInfo | None:
    """Return this session if it is active and the user's, or None."""
    row = dbsession.execute(
        sa.select(*_COLUMNS).where(
            UserSession.id == session_id,
            UserSession.user_id == user_id,
            UserSession.expires_at > now,
        )
    ).one_or_none()
    return SessionInfo._make(row) if row else None


def name_session(dbsession: Session, user_id: str, session_id: str, *, name: str) -> None:
    """Name the session; an empty name removes it."""
    dbsession.execute(
        sa.update(UserSession)
        .where(UserSession.id == session_id, UserSession.user_id == user_id)
        .values(name=name or None)
    )


def end_session(work: UnitOfWork, user_id: str, session_id: str) -> int:
    """End one session of the user from another one; return how many have ended."""
    lock_user(work.dbsession, user_id)
    return end_session_by_id(work, user_id, session_id, SessionEndReason.ENDED)


def end_other_sessions(work: UnitOfWork, user_id: str, *, current: str) -> int:
    """End all sessions of the user except that with the id `current`; return how many ended."""
    lock_user(work.dbsession, user_id)
    return end_sessions(work, user_id, SessionEndReason.ENDED, except_=current)
