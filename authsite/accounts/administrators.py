"""Who administers the site: people come to, and cease to, and their history says so."""

from datetime import datetime

from sqlalchemy.orm import Session

from authsite.audit.event_types import Kind
from authsite.audit.recorder import Journal
from authsite.models import User


class AddressNotVerified(Exception):
    """Nobody has shown that mail to the address of the account reaches them."""


def make_administrator(dbsession: Session, user: User, *, journal: Journal, now: datetime) -> bool:
    """Let the user open the pages of those who run the site; false if they could already.

    Whoever reads mail at an address can take over an account that has not proven it; who was
    promised these rights is not who gets them then: raises `AddressNotVerified`. The caller holds
    the user.
    """
    if user.is_administrator:
        return False
    if not user.email_verified_at:
        raise AddressNotVerified
    appoint(dbsession, user, journal=journal, now=now)
    return True


def appoint(dbsession: Session, user: User, *, journal: Journal, now: datetime) -> None:
    """Do the same for an account that was made just now, for the person who is to have it."""
    user.is_administrator = True
    dbsession.flush()
    journal.write(dbsession, user.id, Kind.MADE_ADMINISTRATOR, now=now)


def unmake_administrator(
    dbsession: Session, user: User, *, journal: Journal, now: datetime
) -> bool:
    """Let the user open these pages no more, at once; false if they could not anyway.

    The caller holds the user.
    """
    if not user.is_administrator:
        return False
    user.is_administrator = False
    dbsession.flush()
    journal.write(dbsession, user.id, Kind.NO_LONGER_ADMINISTRATOR, now=now)
    return True
