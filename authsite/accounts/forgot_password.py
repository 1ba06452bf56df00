"""Forgetting a password: whoever types an address gets a mail, and nobody learns more than that."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from authsite.accounts.email_links import Purpose, issue_link
from authsite.accounts.notices import greeting_name
from authsite.accounts.outbox import Outbox
from authsite.accounts.users import get_user_by_email
from authsite.audit.event_types import EventType
from authsite.audit.recorder import AuditLog
from authsite.durations import humanize
from authsite.email_addresses import EmailAddress
from authsite.models import User
from authsite.throttling.mail_limits import hit_email
from authsite.throttling.throttles import Throttles
from authsite.tokens import LinkToken, new_id

#: The kind of the mail, under which its address is counted.
RESET_PASSWORD = "reset_password"  # noqa: S105 - the name of a mail


def request_password_reset(
    dbsession: Session,
    email: EmailAddress,
    *,
    throttles: Throttles,
    audit: AuditLog,
    outbox: Outbox,
    reset_link_lifetime: timedelta,
    network: str,
    now: datetime,
) -> None:
    """Write to the address: a link to choose a new password, or that nobody has an account there.

    Raises `Throttled`. What is counted and done is the same for an address that nobody has. The
    link goes to the address as its owner typed it, whatever was typed now.
    """
    hit_email(throttles, RESET_PASSWORD, email.normalized, network=network, now=now)
    user = get_user_by_email(dbsession, email.normalized)
    owner = user or User(id=new_id(), email=email.original)
    audit.record(dbsession, owner.id, EventType.PASSWORD_RESET_REQUESTED, now=now)
    token = _link_for(
        dbsession, owner, email_normalized=email.normalized, lifetime=reset_link_lifetime, now=now
    )
    if user is None:
        outbox.put(
            dbsession,
            "no_account",
            to=email.original,
            user_id=None,
            now=now,
            link=outbox.link_to("forgot-password"),
        )
    else:
        _write(dbsession, user, token, outbox=outbox, lifetime=reset_link_lifetime, now=now)


def send_password_reset(
    dbsession: Session,
    user: User,
    *,
    audit: AuditLog,
    outbox: Outbox,
    reset_link_lifetime: timedelta,
    now: datetime,
) -> None:
    """Send the same link, since somebody who runs the site said so; they never see it."""
    audit.record(dbsession, user.id, EventType.PASSWORD_RESET_REQUESTED, now=now)
    token = _link_for(
        dbsession,
        user,
        email_normalized=user.email_normalized,
        lifetime=reset_link_lifetime,
        now=now,
    )
    _write(dbsession, user, token, outbox=outbox, lifetime=reset_link_lifetime, now=now)


def _link_for(
    dbsession: Session, owner: User, *, email_normalized: str, lifetime: timedelta, now: datetime
) -> LinkToken:
    return issue_link(
        dbsession,
        owner,
        Purpose.RESET_PASSWORD,
        email=owner.email,
        email_normalized=email_normalized,
        lifetime=lifetime,
        now=now,
    )


def _write(
    dbsession: Session,
    user: User,
    token: LinkToken,
    *,
    outbox: Outbox,
    lifetime: timedelta,
    now: datetime,
) -> None:
    outbox.put(
        dbsession,
        RESET_PASSWORD,
        to=user.email,
        user_id=user.id,
        now=now,
        name=greeting_name(user),
        link=outbox.link_to("reset-password", str(token)),
        lifetime=humanize(lifetime),
    )
