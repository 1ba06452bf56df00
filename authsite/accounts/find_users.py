"""The accounts as administrators and operators see them: by id, by email address, and all."""

import unicodedata
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.email_addresses import InvalidEmailAddress, parse_email_address
from authsite.models import User
from authsite.models.user import full_name


class NoSuchPage(LookupError):
    """No search has a page that begins there."""


class State(StrEnum):
    """A state of an account that most accounts are not in."""

    SUSPENDED = "suspended"
    PENDING_DELETION = "pending deletion"
    UNVERIFIED = "unverified"
    ADMINISTRATOR = "administrator"


class UserSummary(NamedTuple):
    """An account without its secrets."""

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
        """First and last name, if there is a last name."""
        return full_name(self.first_name, self.last_name)

    @property
    def states(self) -> list[State]:
        """The states that the account is in."""
        holds = {
            State.SUSPENDED: self.suspended_at,
            State.PENDING_DELETION: self.delete_after,
            State.UNVERIFIED: not self.email_verified_at,
            State.ADMINISTRATOR: self.is_administrator,
        }
        return [state for state, is_held in holds.items() if is_held]


class Found(NamedTuple):
    """An account, and for a search by network the IP address where it was seen."""

    user: UserSummary
    ip_address: str | None = None


class FoundPage(NamedTuple):
    """A page of a search; `more` is `after` for the next one."""

    found: list[Found]
    more: str | None


_IN_STATE = {
    State.SUSPENDED: User.suspended_at.is_not(None),
    State.PENDING_DELETION: User.delete_after.is_not(None),
    State.UNVERIFIED: User.email_verified_at.is_(None),
    State.ADMINISTRATOR: User.is_administrator,
}
#: The select of `UserSummary`.
SUMMARY = sa.select(
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


def get_summary_by_email(dbsession: Session, email: str) -> UserSummary | None:
    """Return the account with this email address, in any spelling, or None."""
    return _one(dbsession, User.email_normalized == _normalize(email))


def find_exact(dbsession: Session, text: str) -> UserSummary | None:
    """Return the account whose id or email address this is, or None."""
    return get_summary_by_email(dbsession, text) if "@" in text else get_summary(dbsession, text)


def find_actors(dbsession: Session, text: str) -> list[str]:
    """Return by what events refer to an administrator or operator: names and ids.

    `text` is the name of an operator, or the email address or the id of an administrator.
    """
    account = find_exact(dbsession, text)
    return [text, account.id] if account else [text]


def list_users(
    dbsession: Session, *, state: State | None = None, after: str | None = None, limit: int
) -> list[UserSummary]:
    """Return at most `limit` accounts, in the order of their email addresses.

    `after` is the id of the last account of the previous page. The query follows the index of email
    addresses, without an offset.
    """
    query = in_state(SUMMARY, state).order_by(User.email_normalized).limit(limit)
    if after is not None:
        last = sa.select(User.email_normalized).where(User.id == after).scalar_subquery()
        query = query.where(User.email_normalized > last)
    return [UserSummary._make(row) for row in dbsession.execute(query)]


def in_state(
    query: "sa.Select[*tuple[Any, ...]]", state: State | None
) -> "sa.Select[*tuple[Any, ...]]":
    """Restrict the query to accounts in this state; None is any."""
    return query if state is None else query.where(_IN_STATE[state])


def _one(dbsession: Session, condition: "sa.ColumnElement[bool]") -> UserSummary | None:
    row = dbsession.execute(SUMMARY.where(condition)).one_or_none()
    return UserSummary._make(row) if row else None


def _normalize(text: str) -> str:
    """Return the normalized email address, or the beginning of one."""
    try:
        return parse_email_address(text).normalized
    except InvalidEmailAddress:
        return unicodedata.normalize("NFKC", text).casefold()
