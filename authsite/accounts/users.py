"""Users and their credentials: how flows find and lock them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from authsite.db.compiled_select import Select
from authsite.models import User


class EmailTaken(Exception):
    """Another account has this email address, or had it recently and can still restore it."""


class AccountSuspended(Exception):
    """The account cannot be signed in to; show `reason` only after the right password."""

    def __init__(self, reason: str | None) -> None:
        super().__init__("the account is suspended")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Credential:
    """What a sign-in is checked against: a user's password, as it was when it was read."""

    user_id: str
    password_hash: str = field(repr=False)
    email_verified_at: datetime | None = None
    delete_after: datetime | None = None
    suspended_at: datetime | None = None
    suspension_reason: str | None = field(default=None, repr=False)
    devices_valid_since: datetime | None = None
    unlocked_at: datetime | None = None

    @classmethod
    def of(cls, user: User) -> "Credential | None":
        """Return the credential of a user, or None if they have no password."""
        if user.password_hash is None:
            return None
        return cls(
            user.id,
            user.password_hash,
            email_verified_at=user.email_verified_at,
            delete_after=user.delete_after,
            suspended_at=user.suspended_at,
            suspension_reason=user.suspension_reason,
            devices_valid_since=user.devices_valid_since,
            unlocked_at=user.unlocked_at,
        )


def is_due_for_deletion(account: Credential | User, *, now: datetime) -> bool:
    """Whether the grace period of a closed account is over, so that the purge deletes it."""
    return account.delete_after is not None and account.delete_after <= now


def get_user(dbsession: Session, user_id: str) -> User | None:
    """Return the user with this id, or None."""
    return dbsession.get(User, user_id)


def get_user_by_email(dbsession: Session, email_normalized: str) -> User | None:
    """Return the user with this email address, or None."""
    wanted = sa.select(User).where(User.email_normalized == email_normalized)
    return dbsession.scalars(wanted).one_or_none()


def lock_user(dbsession: Session, user_id: str) -> User | None:
    """Return the user with this id, locked until the transaction ends.

    Flows that change more than the user lock the user first, so that two of them never wait for
    each other. The row is read again: another transaction may have changed it.
    """
    return dbsession.get(User, user_id, with_for_update=True, populate_existing=True)


def lock_user_no_key(dbsession: Session, user_id: str) -> User | None:
    """Lock the user, but let other transactions insert rows that refer to it.

    For flows that insert rows about a second user: two such flows, each about the other's user, do
    not deadlock.
    """
    lock = {"key_share": True}
    return dbsession.get(User, user_id, with_for_update=lock, populate_existing=True)


@contextmanager
def raising_email_taken(dbsession: Session) -> Iterator[None]:
    """Run the block, which sets an email address, in a savepoint; undo it if the address is taken.

    Raises `EmailTaken`. Two transactions can both find an address free; the constraint decides.
    """
    try:
        with dbsession.begin_nested():
            yield
            dbsession.flush()
    except IntegrityError as error:
        if "email_normalized" not in str(error.orig):
            raise
        raise EmailTaken from error


#: The select of `get_credential_by_email`, for every sign-in.
CREDENTIAL = sa.select(
    User.id,
    User.password_hash,
    User.email_verified_at,
    User.delete_after,
    User.suspended_at,
    User.suspension_reason,
    User.devices_valid_since,
    User.unlocked_at,
).where(User.email_normalized == sa.bindparam("email_normalized"), User.password_hash.is_not(None))


def get_credential_by_email(
    credentials: Select, email_normalized: str, *, now: datetime
) -> Credential | None:
    """Return the credential of the account with this email address; None without a password.

    An account whose grace period is over has none: the purge may have begun to delete it.
    `credentials` is `CREDENTIAL`, compiled for the database.
    """
    row = credentials.one_or_none(email_normalized=email_normalized)
    credential = Credential(*row) if row else None
    return None if credential and is_due_for_deletion(credential, now=now) else credential
