"""Mark an email address as verified, for a user who cannot open the link."""

import sqlalchemy as sa

from authsite.accounts.email_links import Purpose
from authsite.accounts.unit_of_work import UnitOfWork
from authsite.audit.event_types import EventType
from authsite.models import EmailLink, User


def mark_verified(work: UnitOfWork, user: User, *, reason: str) -> None:
    """Mark the user's email address as verified, unless it is; the history shows the reason.

    Links that would verify it are revoked. The caller has locked the user.
    """
    if user.email_verified_at:
        return
    user.email_verified_at = work.now
    work.dbsession.flush()
    work.dbsession.execute(
        sa.delete(EmailLink).where(
            EmailLink.user_id == user.id, EmailLink.purpose == Purpose.VERIFY_EMAIL
        )
    )
    details = {"to": user.email, "reason": reason}
    work.audit.record(user.id, EventType.EMAIL_VERIFIED, details=details)
