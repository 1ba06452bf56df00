"""Secure an account by the *This wasn't me* link of a security notice."""

from authsite.accounts.close_account import cancel_deletion
from authsite.accounts.email_links import (
    ActiveLink,
    ConsumedLink,
    InvalidLink,
    Purpose,
    consume_link,
    issue_link,
    revoke_links,
    revoke_links_except_older_secure_account,
)
from authsite.accounts.end_sessions import end_sessions
from authsite.accounts.unit_of_work import UnitOfWork
from authsite.accounts.users import EmailTaken, lock_user, raising_email_taken
from authsite.audit.event_types import EventType, SessionEndReason
from authsite.models import User
from authsite.tokens import LinkToken


class PreviousEmailTaken(Exception):
    """Another account has the email address by now, so it could not be restored."""


def secure_account(work: UnitOfWork, link: ActiveLink) -> LinkToken:
    """End all sessions, block the password, restore the email address and cancel a deletion.

    Returns the token of a link that resets the password. Older *secure account* links stay usable,
    so that an attacker who has changed the email address and receives notices cannot revoke the
    owner's link.

    Raises `InvalidLink`, or `PreviousEmailTaken`: then everything else is done, and is to be kept,
    and the link stays usable.
    """
    user = lock_user(work.dbsession, link.user_id)
    if user is None:
        raise InvalidLink
    try:
        with raising_email_taken(work.dbsession):
            consumed = consume_link(work, link)
            _restore_email(work, user, consumed)
    except EmailTaken as error:
        _lock_down(work, user)
        revoke_links(work.dbsession, user.id)
        raise PreviousEmailTaken from error
    _lock_down(work, user)
    revoke_links_except_older_secure_account(work.dbsession, consumed)
    return issue_link(work, user, Purpose.RESET_PASSWORD)


def _restore_email(work: UnitOfWork, user: User, link: ConsumedLink) -> None:
    """Restore the email address that the link was sent to, and mark it as verified.

    The replaced address gets an email without a link.
    """
    if user.email_normalized != link.email_normalized:
        work.outbox.put("email_restored", to=user.email, user_id=user.id)
        details = {"from": user.email, "to": link.email}
        user.email, user.email_normalized = link.email, link.email_normalized
        user.email_verified_at = work.now
        work.audit.record(user.id, EventType.EMAIL_CHANGED, details=details)
    user.email_verified_at = user.email_verified_at or work.now


def _lock_down(work: UnitOfWork, user: User) -> None:
    """Block the password, forget all devices and end all sessions."""
    user.password_hash, user.devices_valid_since = None, work.now
    cancel_deletion(work, user)
    # Update the user first: this waits for a sign-in that holds the lock, so its session exists and
    # is ended below.
    work.dbsession.flush()
    work.audit.record(user.id, EventType.ACCOUNT_SECURED)
    end_sessions(work, user.id, SessionEndReason.ACCOUNT_SECURED)
