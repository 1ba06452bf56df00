"""Try to deliver a deferred email of an account at once."""

from authsite.accounts.unit_of_work import UnitOfWork
from authsite.audit.event_types import EventType
from authsite.mail.composer import CHANGE_EMAIL
from authsite.mail.delivery import lease_time
from authsite.mail.outbox import retry_now
from authsite.models import User
from authsite.tokens import new_id


class EmailNotWaiting(Exception):
    """The email was delivered, has failed, was not attempted yet, or is not one of the account."""


def retry_email(work: UnitOfWork, user: User, message_id: str) -> None:
    """Let a worker attempt the delivery of a deferred email now; raise `EmailNotWaiting`.

    An email whose next attempt is closer than an attempt takes may be on its way, and is left
    alone.
    """
    retried = retry_now(
        work.dbsession.connection(),
        message_id,
        user_id=user.id,
        now=work.now,
        lease=lease_time(work.settings.mail.timeout),
    )
    if retried is None:
        raise EmailNotWaiting
    # The history must not reveal whether a new address was free, as in `MailComposer.put`.
    is_listed = retried.template != CHANGE_EMAIL
    work.audit.record(
        user.id if is_listed else new_id(),
        EventType.EMAIL_RETRIED,
        details={"subject": retried.subject},
    )
    work.outbox.on_put()
