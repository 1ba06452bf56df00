"""Security notices: emails that report a change, with a link to undo it."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa

from authsite.accounts.email_limits import may_notify_unverified
from authsite.accounts.email_links import issue_secure_account_link
from authsite.accounts.unit_of_work import UnitOfWork
from authsite.audit.event_types import EventType
from authsite.models import OutboxMessage, User

#: Notices of one type to one account in a day. A password that an attacker knows must not flood the
#: mailbox with emails and the database with links; after so many the owner knows.
MAX_PER_DAY = 20

_MESSAGE = OutboxMessage.metadata.tables["authsite_outbox_message"].c
_SENT = sa.select(sa.func.count()).where(
    _MESSAGE.user_id == sa.bindparam("user_id"),
    _MESSAGE.template == sa.bindparam("template"),
    _MESSAGE.send_at > sa.bindparam("since"),
)


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
    send_notice(work, user, event_type.notice, due=None, limit=MAX_PER_DAY, **values)


def send_notice(
    work: UnitOfWork,
    user: User,
    template: str,
    *,
    due: datetime | None = None,
    limit: int = MAX_PER_DAY,
    **values: object,
) -> None:
    """Put a security notice to the user's current email address into the outbox.

    It carries a *This wasn't me* link, which restores the address that it was sent to. The caller
    has locked the user, so that there are never more than `limit` of this type in a day; the last
    one says so. An unverified email address gets a few emails only: its owner may never have signed
    up.
    """
    of_today = {"user_id": user.id, "template": template, "since": work.now - timedelta(days=1)}
    sent = work.dbsession.execute(_SENT, of_today).scalar_one()
    if sent >= limit or not (
        user.email_verified_at or may_notify_unverified(work, user.email_normalized)
    ):
        return
    token = issue_secure_account_link(work, user, due=due)
    work.outbox.put(
        template,
        to=user.email,
        user_id=user.id,
        due=due,
        is_withheld=False,
        name=greeting_name(user),
        secure_account=work.outbox.link_to("secure-account", str(token)),
        is_last_today=sent + 1 == limit,
        **values,
    )


def greeting_name(user: User) -> str | None:
    """Return the name for a greeting; None while the email address is unverified.

    Anyone can sign up with the address of someone else, and with an advertisement as a name.
    """
    return user.first_name if user.email_verified_at else None
