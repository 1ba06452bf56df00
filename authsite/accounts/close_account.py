"""Closing an account: it goes after a while in which its owner may still keep it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.accounts.email_links import (
    DeadLink,
    Purpose,
    follow_link,
    issue_link,
    void_all_but_disavowals,
    void_links,
)
from authsite.accounts.end_sessions import close_sessions
from authsite.accounts.notices import notify, tell
from authsite.accounts.outbox import Outbox
from authsite.accounts.sign_in import user_of_credential
from authsite.accounts.users import AccountFrozen, Credential, held_user_of_id
from authsite.audit.event_types import EndReason, Kind
from authsite.audit.recorder import Journal
from authsite.models import OutboxMessage, User
from authsite.tokens import LinkToken

#: The message before the end, written when an account is closed, and due later.
REMINDER = "account_closing_soon"
#: How long the question that a sign-in to a closed account leads to can be answered.
KEEP_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Grace:
    """How long a closed account can still be kept, and how long before its end that is said."""

    period: timedelta
    reminder: timedelta


def close_account(
    dbsession: Session,
    credential: Credential,
    *,
    journal: Journal,
    outbox: Outbox,
    grace: Grace,
    undo_within: timedelta,
    now: datetime,
) -> datetime:
    """Close the account of whoever has shown the password, as `close_account_of` does.

    Raises `WrongCredentials` when the password was changed or the account closed since then.
    """
    user = user_of_credential(dbsession, credential)
    return close_account_of(
        dbsession,
        user,
        journal=journal,
        outbox=outbox,
        grace=grace,
        undo_within=undo_within,
        now=now,
    )


def close_account_of(
    dbsession: Session,
    user: User,
    *,
    journal: Journal,
    outbox: Outbox,
    grace: Grace,
    undo_within: timedelta,
    now: datetime,
) -> datetime:
    """End all sessions and void all links; return when the account and all about it will be erased.

    The owner is told at once, and once more before the end. The caller holds the user.
    """
    user.closes_at = closes_at = now + grace.period
    dbsession.flush()
    close_sessions(dbsession, user.id, journal=journal, why=EndReason.CLOSED, now=now)
    void_all_but_disavowals(dbsession, user.id)
    sign_in = outbox.link_to("sign-in")
    tell(
        dbsession,
        user,
        Kind.CLOSED,
        journal=journal,
        outbox=outbox,
        undo_within=undo_within,
        now=now,
        closes_at=closes_at,
        sign_in=sign_in,
    )
    notify(
        dbsession,
        user,
        REMINDER,
        outbox=outbox,
        undo_within=undo_within,
        now=now,
        due=closes_at - grace.reminder,
        closes_at=closes_at,
        sign_in=sign_in,
    )
    return closes_at


def offer_to_keep(dbsession: Session, credential: Credential, *, now: datetime) -> LinkToken:
    """Return the token of the page that asks whether the account shall be kept.

    Who gets it has just shown the password, and is not signed in.
    """
    user = dbsession.get_one(User, credential.user_id)
    return issue_link(
        dbsession,
        user,
        Purpose.KEEP_ACCOUNT,
        email=user.email,
        email_key=user.email_key,
        lifetime=KEEP_WITHIN,
        now=now,
    )


def keep_account(
    dbsession: Session, token: LinkToken, *, user_id: str, journal: Journal, now: datetime
) -> tuple[Credential, str]:
    """Keep the account that this link is about; return its credential, and the address's key.

    Raises `DeadLink`, also when the password has become void since it was shown, or
    `AccountFrozen`.
    """
    user = held_user_of_id(dbsession, user_id)
    link = follow_link(dbsession, token, purpose=Purpose.KEEP_ACCOUNT, now=now)
    if user is None or link.user_id != user.id or user.password_hash is None:
        raise DeadLink
    if user.frozen_at:
        raise AccountFrozen(user.frozen_reason)
    if user.closes_at is None:  # it is kept already, by another window
        raise DeadLink
    cancel_closing(dbsession, user)
    journal.write(dbsession, user.id, Kind.KEPT, now=now)
    void_links(dbsession, user.id, [Purpose.KEEP_ACCOUNT])
    credential = Credential(user.id, user.password_hash, known_since=user.known_since)
    return credential, user.email_key


def cancel_closing(dbsession: Session, user: User) -> None:
    """Keep the account, if it was about to go; the message before the end is not sent."""
    user.closes_at = None
    dbsession.execute(
        sa.delete(OutboxMessage).where(
            OutboxMessage.user_id == user.id,
            OutboxMessage.kind == REMINDER,
            OutboxMessage.next_try_at.is_not(None),
        )
    )
