"""Freezing an account: nobody signs in to it until those who run the site say so."""

from datetime import datetime

from sqlalchemy.orm import Session

from authsite.accounts.close_account import cancel_closing
from authsite.accounts.end_sessions import close_sessions
from authsite.audit.event_types import EndReason, Kind
from authsite.audit.recorder import Journal
from authsite.models import User

#: What the column takes.
LONGEST_REASON = 200


def freeze_account(
    dbsession: Session, user: User, *, reason: str, journal: Journal, now: datetime
) -> int:
    """Let nobody sign in, and end all sessions; return how many there were.

    `reason` is shown to whoever tries with the right password. An account that is frozen already
    may get another reason. One that is about to go stays: while it is frozen, its owner could not
    change their mind. The caller holds the user.
    """
    if user.frozen_at and user.frozen_reason == reason:  # a second click
        return 0
    user.frozen_at, user.frozen_reason = user.frozen_at or now, reason
    is_kept = user.closes_at is not None
    cancel_closing(dbsession, user)
    dbsession.flush()  # the user first: a sign-in holds it, and has written its session by then
    journal.write(dbsession, user.id, Kind.FROZEN, now=now, details={"why": reason})
    if is_kept:
        journal.write(dbsession, user.id, Kind.KEPT, now=now)
    return close_sessions(dbsession, user.id, journal=journal, why=EndReason.FROZEN, now=now)


def unfreeze_account(dbsession: Session, user: User, *, journal: Journal, now: datetime) -> None:
    """Let the owner sign in again. The caller holds the user."""
    if user.frozen_at is None:
        return
    user.frozen_at = user.frozen_reason = None
    journal.write(dbsession, user.id, Kind.UNFROZEN, now=now)
