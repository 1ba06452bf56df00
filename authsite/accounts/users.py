"""Finding the people who have an account."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from authsite.db.compiled_select import CompiledSelect
from authsite.models import User


class EmailTaken(Exception):
    """Somebody has an account with this address, or had and can still take it back."""


class AccountSuspended(Exception):
    """Nobody signs in to the account, whatever they show; `reason` is for who has shown enough."""

    def __init__(self, reason: str | None) -> None:
        super().__init__("the account is suspended")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Credential:
    """Whose password it is, and the account as it was when it was read."""

    user_id: str
    password_hash: str = field(repr=False)
    email_verified_at: datetime | None = None
    delete_after: datetime | None = None
    suspended_at: datetime | None = None
    suspension_reason: str | None = field(default=None, repr=False)
    devices_valid_since: datetime | None = None


def get_user_by_email(dbsession: Session, email_normalized: str) -> User | None:
    """Return the user with this address, or None."""
    return dbsession.scalars(
        sa.select(User).where(User.email_normalized == email_normalized)
    ).one_or_none()


def get_user(dbsession: Session, user_id: str) -> User | None:
    """Return the user with this id, or None."""
    return dbsession.get(User, user_id)


@contextmanager
def raising_email_taken(dbsession: Session) -> Iterator[None]:
    """Give somebody an address in this block, or undo what it did and raise `EmailTaken`.

    Two people who are given one address at the same moment both find it free; the constraint
    decides.
    """
    try:
        with dbsession.begin_nested():
            yield
            dbsession.flush()
    except IntegrityError as error:
        if "email_normalized" not in str(error.orig):
            raise
        raise EmailTaken from error


def lock_user(dbsession: Session, user_id: str) -> User | None:
    """Return the user with this id, whom nobody else changes until the transaction ends.

    Whoever changes more than the user asks this first, so that two who do never wait in a circle.
    What was read of the user before is read anew: somebody else may have changed it until now.
    """
    return dbsession.get(User, user_id, with_for_update=True, populate_existing=True)


def lock_user_no_key(dbsession: Session, user_id: str) -> User | None:
    """Do the same for who keeps address and account, so that others may point at them meanwhile.

    For flows that point at a second user: of two who do that to each other, neither waits.
    """
    held = {"key_share": True}
    return dbsession.get(User, user_id, with_for_update=held, populate_existing=True)


#: What `get_credential_by_email` asks, at every sign-in.
CREDENTIAL = sa.select(
    User.id,
    User.password_hash,
    User.email_verified_at,
    User.delete_after,
    User.suspended_at,
    User.suspension_reason,
    User.devices_valid_since,
).where(User.email_normalized == sa.bindparam("email_normalized"), User.password_hash.is_not(None))


def get_credential_by_email(
    credentials: CompiledSelect, email_normalized: str
) -> Credential | None:
    """Return the password hash of the account with this address; None if it has no password.

    `credentials` is `CREDENTIAL`, compiled for the database.
    """
    row = credentials.one_or_none(email_normalized=email_normalized)
    return Credential(*row) if row else None
