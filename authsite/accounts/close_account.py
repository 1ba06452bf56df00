"""Close an account: it is deleted after a grace period in which the user can reactivate it."""

from datetime import datetime

import sqlalchemy as sa

from authsite.accounts.email_links import revoke_links, revoke_unsent_links
from authsite.accounts.end_sessions import end_sessions
from authsite.accounts.notices import notify_and_record, send_notice
from authsite.accounts.sign_in import user_for_credential
from authsite.accounts.unit_of_work import UnitOfWork
from authsite.accounts.users import Credential
from authsite.audit.event_types import EventType, SessionEndReason
from authsite.models import OutboxMessage, PendingSignIn, User

#: The email before the deletion, written when an account is closed, and due later.
REMINDER = "deletion_reminder"


def close_account(work: UnitOfWork, credential: Credential) -> datetime:
    """Close the account of a credential that was verified, as `schedule_deletion` does.

    Raises `InvalidCredentials` if the password was changed or the account closed since then.
    """
    return schedule_deletion(work, user_for_credential(work.dbsession, credential))


def schedule_deletion(work: UnitOfWork, user: User) -> datetime:
    """End all sessions, revoke all links, and return when the account will be deleted.

    The user is notified at once, and reminded before the deletion. The caller has locked the user.
    """
    schedule = work.settings.deletion
    user.delete_after = delete_after = work.now + schedule.grace_period
    work.dbsession.flush()
    end_sessions(work, user.id, SessionEndReason.CLOSED)
    revoke_links(work.dbsession, user.id)
    sign_in = work.outbox.link_to("sign-in")
    notify_and_record(
        work, user, EventType.DELETION_SCHEDULED, delete_after=delete_after, sign_in=sign_in
    )
    send_notice(
        work,
        user,
        REMINDER,
        due=delete_after - schedule.reminder_before,
        delete_after=delete_after,
        sign_in=sign_in,
    )
    return delete_after


def reactivate_account(work: UnitOfWork, user: User) -> None:
    """Cancel the deletion and record it, unless another tab has done so.

    Pending sign-ins of other browsers are revoked. The caller has locked the user.
    """
    if user.delete_after is None:
        return
    cancel_deletion(work, user)
    work.dbsession.execute(sa.delete(PendingSignIn).where(PendingSignIn.user_id == user.id))
    work.audit.record(user.id, EventType.DELETION_CANCELLED)


def cancel_deletion(work: UnitOfWork, user: User) -> None:
    """Clear a scheduled deletion, its reminder email, and the link in it."""
    user.delete_after = None
    revoke_unsent_links(work, user.id)
    work.dbsession.execute(
        sa.delete(OutboxMessage).where(
            OutboxMessage.user_id == user.id,
            OutboxMessage.template == REMINDER,
            OutboxMessage.next_attempt_at.is_not(None),
        )
    )
