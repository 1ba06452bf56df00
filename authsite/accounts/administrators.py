"""Grant and revoke administrator rights."""

from authsite.accounts.unit_of_work import UnitOfWork
from authsite.audit.event_types import EventType
from authsite.models import User


class EmailNotVerified(Exception):
    """The email address of the account was never verified."""


def grant_admin(work: UnitOfWork, user: User) -> bool:
    """Let the user open `/admin`; return False if they could already.

    Raises `EmailNotVerified`: the owner of a mailbox can claim an unverified account, and would get
    the rights of the user whom the operator meant. The caller has locked the user.
    """
    if user.is_administrator:
        return False
    if not user.email_verified_at:
        raise EmailNotVerified
    grant_admin_at_creation(work, user)
    return True


def grant_admin_at_creation(work: UnitOfWork, user: User) -> None:
    """Let the user of an account that was just created open `/admin`, verified or not."""
    user.is_administrator = True
    work.dbsession.flush()
    work.audit.record(user.id, EventType.ADMIN_GRANTED)


def revoke_admin(work: UnitOfWork, user: User) -> bool:
    """Take the rights away at once; return False if the user had none.

    The caller has locked the user.
    """
    if not user.is_administrator:
        return False
    user.is_administrator = False
    work.dbsession.flush()
    work.audit.record(user.id, EventType.ADMIN_REVOKED)
    return True
