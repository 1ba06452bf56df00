"""Finding people as those who run the site do: by id, by address, or by how a name begins."""

import unicodedata
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.email_addresses import InvalidEmailAddress, parse_email_address
from authsite.models import User

#: Accounts that are looked for at a time when all are gone through.
BATCH = 500


class State(StrEnum):
    """What there is to say of an account that is not as most are."""

    SUSPENDED = "suspended"
    CLOSING = "closing"
    UNVERIFIED = "unverified"
    ADMINISTRATOR = "administrator"


class UserSummary(NamedTuple):
    """An account as those who run the site see it: without a hash, and without what is secret."""

    id: str
    first_name: str
    last_name: str
    email: str
    email_normalized: str
    created_at: datetime
    email_verified_at: datetime | None
    delete_after: datetime | None
    suspended_at: datetime | None
    suspension_reason: str | None
    is_administrator: bool
    has_password: bool

    @property
    def full_name(self) -> str:
        """Both names, in the order in which they were given."""
        return f"{self.first_name} {self.last_name}"

    @property
    def states(self) -> list[State]:
        """What is to be said of it; nothing of most accounts."""
        holds = {
            State.SUSPENDED: self.suspended_at,
            State.CLOSING: self.delete_after,
            State.UNVERIFIED: not self.email_verified_at,
            State.ADMINISTRATOR: self.is_administrator,
        }
        return [state for state, held in holds.items() if held]


_IN_STATE = {
    State.SUSPENDED: User.suspended_at.is_not(None),
    State.CLOSING: User.delete_after.is_not(None),
    State.UNVERIFIED: User.email_verified_at.is_(None),
    State.ADMINISTRATOR: User.is_administrator,
}
_SUMMARY = sa.select(
    User.id,
    User.first_name,
    User.last_name,
    User.email,
    User.email_normalized,
    User.created_at,
    User.email_verified_at,
    User.delete_after,
    User.suspended_at,
    User.suspension_reason,
    User.is_administrator,
    User.password_hash.is_not(None),
)


def get_summary(dbsession: Session, user_id: str) -> UserSummary | None:
    """Return the account with this id, or None."""
    return _one(dbsession, User.id == user_id)


def summary_of_address(dbsession: Session, email: str) -> UserSummary | None:
    """Return the account with this address, however it is spelled, or None."""
    return _one(dbsession, User.email_normalized == _key_of(email))


def find_users(
    dbsession: Session,
    text: str,
    *,
    state: State | None = None,
    after: str | None = None,
    limit: int,
) -> list[UserSummary]:
    """Return accounts in the order of their addresses, `limit` at most.

    It is the one with this id or address, if there is one; else those whose address, last name or
    full name begins so. No text is in all of them. `after` is the id of the last one that was seen.
    They are read along the index of addresses until there are enough, and none is skipped by
    counting; where few are to be found, all are looked at.
    """
    wanted = _SUMMARY.order_by(User.email_normalized).limit(limit)
    if text:
        wanted = wanted.where(_is_meant(dbsession, text))
    if state is not None:
        wanted = wanted.where(_IN_STATE[state])
    if after is not None:
        last = sa.select(User.email_normalized).where(User.id == after).scalar_subquery()
        wanted = wanted.where(User.email_normalized > last)
    return [UserSummary._make(row) for row in dbsession.execute(wanted)]


def all_users(
    dbsession: Session, text: str, *, state: State | None = None
) -> Iterator[list[UserSummary]]:
    """Yield what `find_users` finds, all of it, some at a time."""
    after = None
    while found := find_users(dbsession, text, state=state, after=after, limit=BATCH):
        yield found
        after = found[-1].id


def _one(dbsession: Session, condition: "sa.ColumnElement[bool]") -> UserSummary | None:
    row = dbsession.execute(_SUMMARY.where(condition)).one_or_none()
    return UserSummary._make(row) if row else None


def _key_of(text: str) -> str:
    """Return the key of an address; of a part of one, what its key would begin with."""
    try:
        return parse_email_address(text).normalized
    except InvalidEmailAddress:
        return unicodedata.normalize("NFKC", text).casefold()


def _is_meant(dbsession: Session, text: str) -> "sa.ColumnElement[bool]":
    is_it = sa.or_(User.id == text, User.email_normalized == _key_of(text))
    if _one(dbsession, is_it):
        return is_it
    begins_so = User.email_normalized.startswith(_key_of(text), autoescape=True)
    if "@" in text:
        return begins_so
    full_name = User.first_name + " " + User.last_name
    return sa.or_(
        begins_so,
        full_name.istartswith(text, autoescape=True),
        User.last_name.istartswith(text, autoescape=True),
    )
