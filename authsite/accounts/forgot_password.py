"""Forgetting a password: whoever types an address gets a mail, and nobody learns more than that."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from authsite.accounts.email_links import Purpose, issue_link
from authsite.accounts.notices import called
from authsite.accounts.outbox import Outbox
from authsite.accounts.users import user_of_email_key
from authsite.audit.event_types import Kind
from authsite.audit.recorder import Journal
from authsite.durations import in_words
from authsite.email_addresses import EmailAddress
from authsite.models import User
from authsite.throttling.mail_limits import count_mail
from authsite.throttling.throttles import Throttles
from authsite.tokens import LinkToken, new_id

#: The kind of the mail, under which its address is counted.
RESET_PASSWORD = "reset_password"  # noqa: S105 - the name of a mail


def forgot_password(
    dbsession: Session,
    email: EmailAddress,
    *,
    throttles: Throttles,
    journal: Journal,
    outbox: Outbox,
    reset_within: timedelta,
    network: str,
    now: datetime,
) -> None:
    """Write to the address: a link to choose a new password, or that nobody has an account there.

    Raises `Throttled`. What is counted and done is the same for an address that nobody has. The
    link goes to the address as its owner typed it, whatever was typed now.
    """
    count_mail(throttles, RESET_PASSWORD, email.key, network=network, now=now)
    user = user_of_email_key(dbsession, email.key)
    owner = user or User(id=new_id(), email=email.typed)
    journal.write(dbsession, owner.id, Kind.RESET_ASKED, now=now)
    token = _link_for(dbsession, owner, email_key=email.key, lifetime=reset_within, now=now)
    if user is None:
        outbox.put(
            dbsession,
            "no_account",
            to=email.typed,
            user_id=None,
            now=now,
            link=outbox.link_to("forgot-password"),
        )
    else:
        _write(dbsession, user, token, outbox=outbox, lifetime=reset_within, now=now)


def send_reset(
    dbsession: Session,
    user: User,
    *,
    journal: Journal,
    outbox: Outbox,
    reset_within: timedelta,
    now: datetime,
) -> None:
    """Send the same link, since somebody who runs the site said so; they never see it."""
    journal.write(dbsession, user.id, Kind.RESET_ASKED, now=now)
    token = _link_for(dbsession, user, email_key=user.email_key, lifetime=reset_within, now=now)
    _write(dbsession, user, token, outbox=outbox, lifetime=reset_within, now=now)


def _link_for(
    dbsession: Session, owner: User, *, email_key: str, lifetime: timedelta, now: datetime
) -> LinkToken:
    return issue_link(
        dbsession,
        owner,
        Purpose.RESET_PASSWORD,
        email=owner.email,
        email_key=email_key,
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
        name=called(user),
        link=outbox.link_to("reset-password", str(token)),
        lifetime=in_words(lifetime),
    )
