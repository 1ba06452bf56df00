"""End sessions: the rows are deleted, and the audit log keeps what they were and why they ended."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.accounts.session_secrets import is_current, is_previous
from authsite.accounts.unit_of_work import UnitOfWork
from authsite.audit.event_types import EventType, SessionEndReason
from authsite.models import PendingSignIn, User, UserSession
from authsite.tokens import SessionToken

#: Sessions of one user. Ending very many at once would block all other writers.
MAX_SESSIONS = 500
#: Sessions above the limit that one sign-in ends.
_AT_ONCE = 100
#: What the audit log keeps of sessions that end.
ENDED = (
    UserSession.id,
    UserSession.user_id,
    UserSession.created_at,
    UserSession.expires_at,
    UserSession.auth_method,
    UserSession.name,
    UserSession.user_agent,
    UserSession.ip_address,
)
_SESSION = UserSession.metadata.tables["authsite_session"].c
_COUNT = sa.select(sa.func.count()).where(_SESSION.user_id == sa.bindparam("user_id"))


def end_session_by_token(work: UnitOfWork, token: SessionToken, reason: SessionEndReason) -> None:
    """End the session of this token, if there is one and the secret is right.

    A previous secret is right while it identifies the session.
    """
    is_this = sa.or_(is_current(token), is_previous(token, now=work.now))
    # The user before sessions, in the order of all flows that lock both.
    owner = (
        sa.select(User.id)
        .join(UserSession, UserSession.user_id == User.id)
        .where(is_this)
        .with_for_update(read=True, key_share=True, of=User)
    )
    # Read to its end: SQLite keeps a snapshot for as long as something refers to the cursor.
    work.dbsession.execute(owner).all()
    _end(work, is_this, reason=reason)


def is_session_alive(dbsession: Session, session_id: str, *, now: datetime) -> bool:
    """Whether there is a session with this id, whatever its secret."""
    found = sa.select(UserSession.id).where(
        UserSession.id == session_id, UserSession.expires_at > now
    )
    return dbsession.scalar(found) is not None


def end_session_by_id(
    work: UnitOfWork, user_id: str, session_id: str, reason: SessionEndReason
) -> int:
    """End this session if it is the user's, and return how many have ended.

    The caller has locked the user.
    """
    return _end(work, UserSession.id == session_id, UserSession.user_id == user_id, reason=reason)


def end_sessions(
    work: UnitOfWork, user_id: str, reason: SessionEndReason, *, except_: str | None = None
) -> int:
    """End the sessions and pending sign-ins of the user; return how many sessions there were.

    `except_` is the id of the session to keep. The caller has locked the user.
    """
    work.dbsession.execute(sa.delete(PendingSignIn).where(PendingSignIn.user_id == user_id))
    of_user = UserSession.user_id == user_id, UserSession.id.is_distinct_from(except_)
    return _end(work, *of_user, reason=reason)


def enforce_session_limit(work: UnitOfWork, user_id: str) -> None:
    """End the least recently used sessions of the user beyond `MAX_SESSIONS`.

    A program that signs in again and again without keeping cookies would leave thousands. The
    caller has locked the user.
    """
    if work.dbsession.execute(_COUNT, {"user_id": user_id}).scalar_one() <= MAX_SESSIONS:
        return
    surplus = (
        sa.select(UserSession.id)
        .where(UserSession.user_id == user_id)
        .order_by(UserSession.last_seen_at.desc(), UserSession.id)
        .offset(MAX_SESSIONS)
        .limit(_AT_ONCE)
    )
    # By user as well: with partitions, PostgreSQL would read every row of the table otherwise.
    these = UserSession.user_id == user_id, UserSession.id.in_(surplus)
    _end(work, *these, reason=SessionEndReason.SESSION_LIMIT)


def _end(work: UnitOfWork, *these: "sa.ColumnElement[bool]", reason: SessionEndReason) -> int:
    """Delete these sessions, record the end of each, and return how many there were."""
    ended = work.dbsession.execute(sa.delete(UserSession).where(*these).returning(*ENDED)).all()
    for row in ended:
        has_expired = row.expires_at <= work.now
        details = session_snapshot(row, SessionEndReason.EXPIRED if has_expired else reason)
        work.audit.record(row.user_id, EventType.SESSION_ENDED, details=details)
    return len(ended)


def session_snapshot(row: "sa.Row[*tuple[Any, ...]]", reason: SessionEndReason) -> dict[str, str]:
    """Return what the audit log keeps of a session whose row is deleted."""
    details = {
        "reason": reason.key,
        "session": row.id,
        "signed_in_at": row.created_at.isoformat(),
        "method": row.auth_method,
        "name": row.name,
        "browser": row.user_agent,
        "ip_address": row.ip_address,
    }
    return {name: value for name, value in details.items() if value is not None}
