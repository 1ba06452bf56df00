"""How sessions end: the rows go, and the history keeps that they were, and why they ended."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.audit.event_types import EventType, SessionEndReason
from authsite.audit.recorder import AuditLog
from authsite.models import User, UserSession
from authsite.tokens import SessionToken

#: Sessions of one person. To end very many at once would keep all others waiting who write.
MOST = 500
#: Of more than these, so many go at each sign-in.
_AT_ONCE = 100
#: What is asked of sessions that end.
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


def end_session_by_token(
    dbsession: Session,
    token: SessionToken,
    *,
    audit: AuditLog,
    why: SessionEndReason,
    now: datetime,
) -> None:
    """End the session of this token, if there is one and the secret is its own."""
    is_its = UserSession.id == token.id, UserSession.secret_digest == token.digest
    # The user before sessions, in the order of all who lock both.
    owner = (
        sa.select(User.id)
        .join(UserSession, UserSession.user_id == User.id)
        .where(*is_its)
        .with_for_update(read=True, key_share=True, of=User)
    )
    dbsession.execute(owner)
    _end(dbsession, *is_its, audit=audit, why=why, now=now)


def end_session_by_id(
    dbsession: Session,
    user_id: str,
    session_id: str,
    *,
    audit: AuditLog,
    why: SessionEndReason,
    now: datetime,
) -> int:
    """End this session if it is the user's, and return how many have ended.

    The caller holds the user.
    """
    is_its = UserSession.id == session_id, UserSession.user_id == user_id
    return _end(dbsession, *is_its, audit=audit, why=why, now=now)


def end_sessions(
    dbsession: Session,
    user_id: str,
    *,
    except_: str | None = None,
    audit: AuditLog,
    why: SessionEndReason,
    now: datetime,
) -> int:
    """End every session of the user, wherever it is, and return how many there were.

    `but` is the id of one that goes on. The caller holds the user.
    """
    of_user = UserSession.user_id == user_id, UserSession.id.is_distinct_from(except_)
    return _end(dbsession, *of_user, audit=audit, why=why, now=now)


def enforce_session_limit(
    dbsession: Session, user_id: str, *, audit: AuditLog, now: datetime
) -> None:
    """End those of the user that were used the longest ago, if there are more than `MOST`.

    A program that signs in again and again and keeps no cookie would else leave thousands.
    """
    surplus = (
        sa.select(UserSession.id)
        .where(UserSession.user_id == user_id)
        .order_by(UserSession.last_seen_at.desc(), UserSession.id)
        .offset(MOST)
        .limit(_AT_ONCE)
    )
    _end(
        dbsession,
        UserSession.id.in_(surplus),
        audit=audit,
        why=SessionEndReason.SESSION_LIMIT,
        now=now,
    )


def _end(
    dbsession: Session,
    *these: "sa.ColumnElement[bool]",
    audit: AuditLog,
    why: SessionEndReason,
    now: datetime,
) -> int:
    """Delete these sessions, write each into the history of its owner, and return how many."""
    ended = dbsession.execute(sa.delete(UserSession).where(*these).returning(*ENDED)).all()
    for row in ended:
        was_over = row.expires_at <= now
        audit.record(
            dbsession,
            row.user_id,
            EventType.SESSION_ENDED,
            now=now,
            details=session_snapshot(row, SessionEndReason.EXPIRED if was_over else why),
        )
    return len(ended)


def session_snapshot(row: "sa.Row[*tuple[Any, ...]]", why: SessionEndReason) -> dict[str, str]:
    """Return what the history keeps of a session whose row goes."""
    details = {
        "reason": why.key,
        "session": row.id,
        "signed_in_at": row.created_at.isoformat(),
        "method": row.auth_method,
        "name": row.name,
        "browser": row.user_agent,
        "ip_address": row.ip_address,
    }
    return {name: value for name, value in details.items() if value is not None}
