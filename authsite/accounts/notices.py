"""What the owner of an account is told about it, with a link to take it back."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.accounts.email_links import Purpose, issue_link
from authsite.accounts.outbox import Outbox
from authsite.audit.event_types import EventType
from authsite.audit.recorder import AuditLog
from authsite.models import EmailLink, OutboxMessage, User

#: Mails in a day to an address that is not verified, the one that asks to verify it included.
MAX_UNVERIFIED = 6
#: But for those that any stranger can have sent there, who could else use up what warns an owner.
_OF_STRANGERS = ("reset_password", "sign_up_existing_account")


def notify_and_record(
    dbsession: Session,
    user: User,
    kind: EventType,
    *,
    audit: AuditLog,
    outbox: Outbox,
    revert_lifetime: timedelta,
    now: datetime,
    details: Mapping[str, str] | None = None,
    **values: object,
) -> None:
    """Write down what happened, and write to the user as `notify` does, by the mail of the kind."""
    assert kind.mail is not None  # noqa: S101 - or nobody would be told
    audit.record(dbsession, user.id, kind, now=now, details=details)
    send_notice(
        dbsession,
        user,
        kind.mail,
        outbox=outbox,
        revert_lifetime=revert_lifetime,
        now=now,
        due=None,
        **values,
    )


def send_notice(
    dbsession: Session,
    user: User,
    kind: str,
    *,
    outbox: Outbox,
    revert_lifetime: timedelta,
    now: datetime,
    due: datetime | None = None,
    **values: object,
) -> None:
    """Write a message of this kind to the address that the user has now.

    It carries the one link of a security mail: "this was not me". That is good for `undo_within`
    after the message is due, and gives the account back to whoever reads mail at this address. The
    caller holds the user.

    Nobody has shown that they want mail at an address that is not verified: whoever has signed up
    with somebody else's can have no more than a few sent there.
    """
    if not user.email_verified_at and _many_were_sent(dbsession, user, now=now):
        return
    told_at = _after_the_last(dbsession, user, now=now)
    token = issue_link(
        dbsession,
        user,
        Purpose.SECURE_ACCOUNT,
        email=user.email,
        email_normalized=user.email_normalized,
        lifetime=(due or now) + revert_lifetime - told_at,
        now=told_at,
    )
    outbox.put(
        dbsession,
        kind,
        to=user.email,
        user_id=user.id,
        now=now,
        due=due,
        name=greeting_name(user),
        secure_account=outbox.link_to("secure-account", str(token)),
        **values,
    )


def _many_were_sent(dbsession: Session, user: User, *, now: datetime) -> bool:
    sent = sa.select(sa.func.count()).where(
        OutboxMessage.user_id == user.id,
        OutboxMessage.send_at > now - timedelta(days=1),
        OutboxMessage.template.not_in(_OF_STRANGERS),
    )
    return dbsession.execute(sent).scalar_one() >= MAX_UNVERIFIED


def _after_the_last(dbsession: Session, user: User, *, now: datetime) -> datetime:
    """Return a moment after that of every other such link of the user.

    Which of two is the older one decides who gets the account back. `now` is when a request began,
    and of two requests the one that began first may end last.
    """
    latest: datetime | None = dbsession.execute(
        sa.select(sa.func.max(EmailLink.created_at)).where(
            EmailLink.user_id == user.id, EmailLink.purpose == Purpose.SECURE_ACCOUNT
        )
    ).scalar_one()
    return now if latest is None else max(now, latest + timedelta(microseconds=1))


def greeting_name(user: User) -> str | None:
    """Return the name for a greeting; None while anybody may have made the name up.

    A stranger can sign up with another's address and with a name that is an advertisement.
    """
    return user.first_name if user.email_verified_at else None
