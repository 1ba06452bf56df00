"""Suspend an account: it cannot be signed in to until it is reinstated."""

from authsite.accounts.close_account import reactivate_account
from authsite.accounts.end_sessions import end_sessions
from authsite.accounts.unit_of_work import UnitOfWork
from authsite.audit.event_types import EventType, SessionEndReason
from authsite.models import User

#: Maximum characters, as in the column.
MAX_REASON = 200


def suspend_account(work: UnitOfWork, user: User, *, reason: str) -> int:
    """Block sign-in, end all sessions, and return how many there were.

    `reason` is shown after the right password. A suspended account can get another reason. A
    scheduled deletion is cancelled: its user could not reactivate the account. The caller has
    locked the user.
    """
    if user.suspended_at and user.suspension_reason == reason:  # a second click
        return 0
    user.suspended_at, user.suspension_reason = user.suspended_at or work.now, reason
    # Update the user first: this waits for a sign-in that holds the lock, so its session exists and
    # is ended below.
    work.dbsession.flush()
    work.audit.record(user.id, EventType.SUSPENDED, details={"reason": reason})
    reactivate_account(work, user)
    return end_sessions(work, user.id, SessionEndReason.SUSPENDED)


def reinstate_account(work: UnitOfWork, user: User) -> None:
    """Allow sign-in again. The caller has locked the user."""
    if user.suspended_at is None:
        return
    user.suspended_at = user.suspension_reason = None
    work.audit.record(user.id, EventType.REINSTATED)
