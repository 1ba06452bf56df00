"""Who administers the site: people come to, and cease to, and their history says so."""

from datetime import datetime

from sqlalchemy.orm import Session

from authsite.audit.event_types import EventType
from authsite.audit.recorder import AuditLog
from authsite.models import User


class EmailNotVerified(Exception):
    """Nobody has shown that mail to the address of the account reaches them."""


def grant_admin(dbsession: Session, user: User, *, audit: AuditLog, now: datetime) -> bool:
    """Let the user open the pages of those who run the site; false if they could already.

    Whoever reads mail at an address can take over an account that has not proven it; who was
    promised these rights is not who gets them then: raises `EmailNotVerified`. The caller holds
    the user.
    """
    if user.is_administrator:
        return False
    if not user.email_verified_at:
        raise EmailNotVerified
    grant_admin_at_creation(dbsession, user, audit=audit, now=now)
    return True


def grant_admin_at_creation(
    dbsession: Session, user: User, *, audit: AuditLog, now: datetime
) -> None:
    """Do the same for an account that was made just now, for the person who is to have it."""
    user.is_administrator = True
    dbsession.flush()
    audit.record(dbsession, user.id, EventType.ADMIN_GRANTED, now=now)


def revoke_admin(dbsession: Session, user: User, *, audit: AuditLog, now: datetime) -> bool:
    """Let the user open these pages no more, at once; false if they could not anyway.

    The caller holds the user.
    """
    if not user.is_administrator:
        return False
    user.is_administrator = False
    dbsession.flush()
    audit.record(dbsession, user.id, EventType.ADMIN_REVOKED, now=now)
    return True
