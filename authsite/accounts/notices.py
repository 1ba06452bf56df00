"""Security notices: emails that report a change, with a link to undo it."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa

from authsite.accounts.email_links import issue_secure_account_link
from authsite.accounts.unit_of_work import UnitOfWork
from authsite.audit.event_types import EventType
from authsite.models import OutboxMessage, User

#: Emails in a day to an unverified address, including the one with the verification link.
MAX_UNVERIFIED = 6
#: Emails that anyone can request; counting these would let them use up the owner's notices.
_REQUESTED_BY_ANYONE = ("reset_password", "sign_up_existing_account")


def notify_and_record(
    work: UnitOfWork,
    user: User,
    event_type: EventType,
    *,
    details: Mapping[str, str] | None = None,
    **values: object,
) -> None:
    """Record the event, and send its security notice as `send_notice` does."""
    assert event_type.notice is not None  # noqa: S101 - only events with a notice are passed
    work.audit.record(user.id, event_type, details=details)
    send_notice(work, user, event_type.notice, due=None, **values)


def send_notice(
    work: UnitOfWork,
    user: User,
    template: str,
    *,
    due: datetime | None = None,
    **values: object,
) -> None:
    """Put a security notice to the user's current email address into the outbox.

    It carries a *This wasn't me* link, which restores the address that it was sent to. The caller
    has locked the user. An unverified address gets a few notices only: its owner may never have
    signed up.
    """
    if not user.email_verified_at and _has_many(work, user):
        return
    token = issue_secure_account_link(work, user, due=due)
    work.outbox.put(
        template,
        to=user.email,
        user_id=user.id,
        due=due,
        name=greeting_name(user),
        secure_account=work.outbox.link_to("secure-account", str(token)),
        **values,
    )


def _has_many(work: UnitOfWork, user: User) -> bool:
    sent = sa.select(sa.func.count()).where(
        OutboxMessage.user_id == user.id,
        OutboxMessage.send_at > work.now - timedelta(days=1),
        OutboxMessage.template.not_in(_REQUESTED_BY_ANYONE),
    )
    return work.dbsession.execute(sent).scalar_one() >= MAX_UNVERIFIED


def greeting_name(user: User) -> str | None:
    """Return the name for a greeting; None while the email address is unverified.

    Anyone can sign up with the address of someone else, and with an advertisement as a name.
    """
    return user.first_name if user.email_verified_at else None
