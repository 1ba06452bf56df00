"""Closing an account: it goes after a while in which its owner may still keep it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.accounts.email_links import (
    InvalidLink,
    Purpose,
    consume_link,
    issue_link,
    revoke_links,
    revoke_links_except_secure_account,
)
from authsite.accounts.end_sessions import end_sessions
from authsite.accounts.notices import notify_and_record, send_notice
from authsite.accounts.outbox import Outbox
from authsite.accounts.sign_in import user_for_credential
from authsite.accounts.users import AccountSuspended, Credential, lock_user
from authsite.audit.event_types import EventType, SessionEndReason
from authsite.audit.recorder import AuditLog
from authsite.models import OutboxMessage, User
from authsite.tokens import LinkToken

#: The message before the end, written when an account is closed, and due later.
REMINDER = "deletion_reminder"
#: How long the question that a sign-in to a closed account leads to can be answered.
PENDING_SIGN_IN_LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class DeletionSchedule:
    """How long a closed account can still be kept, and how long before its end that is said."""

    grace_period: timedelta
    reminder: timedelta


def close_account(
    dbsession: Session,
    credential: Credential,
    *,
    audit: AuditLog,
    outbox: Outbox,
    grace: DeletionSchedule,
    revert_lifetime: timedelta,
    now: datetime,
) -> datetime:
    """Close the account of whoever has shown the password, as `schedule_deletion` does.

    Raises `InvalidCredentials` when the password was changed or the account closed since then.
    """
    user = user_for_credential(dbsession, credential)
    return schedule_deletion(
        dbsession,
        user,
        audit=audit,
        outbox=outbox,
        grace=grace,
        revert_lifetime=revert_lifetime,
        now=now,
    )


def schedule_deletion(
    dbsession: Session,
    user: User,
    *,
    audit: AuditLog,
    outbox: Outbox,
    grace: DeletionSchedule,
    revert_lifetime: timedelta,
    now: datetime,
) -> datetime:
    """End all sessions and void all links; return when the account and all about it will be erased.

    The owner is told at once, and once more before the end. The caller holds the user.
    """
    user.delete_after = delete_after = now + grace.grace_period
    dbsession.flush()
    end_sessions(dbsession, user.id, audit=audit, why=SessionEndReason.CLOSED, now=now)
    revoke_links_except_secure_account(dbsession, user.id)
    sign_in = outbox.link_to("sign-in")
    notify_and_record(
        dbsession,
        user,
        EventType.DELETION_SCHEDULED,
        audit=audit,
        outbox=outbox,
        revert_lifetime=revert_lifetime,
        now=now,
        delete_after=delete_after,
        sign_in=sign_in,
    )
    send_notice(
        dbsession,
        user,
        REMINDER,
        outbox=outbox,
        revert_lifetime=revert_lifetime,
        now=now,
        due=delete_after - grace.reminder,
        delete_after=delete_after,
        sign_in=sign_in,
    )
    return delete_after


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
        email_normalized=user.email_normalized,
        lifetime=PENDING_SIGN_IN_LIFETIME,
        now=now,
    )


def reactivate_account(
    dbsession: Session, token: LinkToken, *, user_id: str, audit: AuditLog, now: datetime
) -> tuple[Credential, str]:
    """Keep the account that this link is about; return its credential, and the address's key.

    Raises `InvalidLink`, also when the password has become void since it was shown, or
    `AccountSuspended`.
    """
    user = lock_user(dbsession, user_id)
    link = consume_link(dbsession, token, purpose=Purpose.KEEP_ACCOUNT, now=now)
    if user is None or link.user_id != user.id or user.password_hash is None:
        raise InvalidLink
    if user.suspended_at:
        raise AccountSuspended(user.suspension_reason)
    if user.delete_after is None:  # it is kept already, by another window
        raise InvalidLink
    cancel_deletion(dbsession, user)
    audit.record(dbsession, user.id, EventType.DELETION_CANCELLED, now=now)
    revoke_links(dbsession, user.id, [Purpose.KEEP_ACCOUNT])
    credential = Credential(
        user.id, user.password_hash, devices_valid_since=user.devices_valid_since
    )
    return credential, user.email_normalized


def cancel_deletion(dbsession: Session, user: User) -> None:
    """Keep the account, if it was about to go; the message before the end is not sent."""
    user.delete_after = None
    dbsession.execute(
        sa.delete(OutboxMessage).where(
            OutboxMessage.user_id == user.id,
            OutboxMessage.template == REMINDER,
            OutboxMessage.next_attempt_at.is_not(None),
        )
    )
