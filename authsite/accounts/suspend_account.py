"""Freezing an account: nobody signs in to it until those who run the site say so."""

from datetime import datetime

from sqlalchemy.orm import Session

from authsite.accounts.close_account import cancel_deletion
from authsite.accounts.end_sessions import end_sessions
from authsite.audit.event_types import EventType, SessionEndReason
from authsite.audit.recorder import AuditLog
from authsite.models import User

#: What the column takes.
MAX_REASON = 200


def suspend_account(
    dbsession: Session, user: User, *, reason: str, audit: AuditLog, now: datetime
) -> int:
    """Let nobody sign in, and end all sessions; return how many there were.

    `reason` is shown to whoever tries with the right password. An account that is frozen already
    may get another reason. One that is about to go stays: while it is frozen, its owner could not
    change their mind. The caller holds the user.
    """
    if user.suspended_at and user.suspension_reason == reason:  # a second click
        return 0
    user.suspended_at, user.suspension_reason = user.suspended_at or now, reason
    is_kept = user.delete_after is not None
    cancel_deletion(dbsession, user)
    dbsession.flush()  # the user first: a sign-in holds it, and has written its session by then
    audit.record(dbsession, user.id, EventType.SUSPENDED, now=now, details={"reason": reason})
    if is_kept:
        audit.record(dbsession, user.id, EventType.DELETION_CANCELLED, now=now)
    return end_sessions(dbsession, user.id, audit=audit, why=SessionEndReason.SUSPENDED, now=now)


def reinstate_account(dbsession: Session, user: User, *, audit: AuditLog, now: datetime) -> None:
    """Let the owner sign in again. The caller holds the user."""
    if user.suspended_at is None:
        return
    user.suspended_at = user.suspension_reason = None
    audit.record(dbsession, user.id, EventType.REINSTATED, now=now)
