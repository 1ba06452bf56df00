"""What the owner of an account is told about it, with a link to take it back."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from authsite.accounts.links import Purpose, issue_link
from authsite.accounts.outbox import Outbox
from authsite.models import User


def notify(
    dbsession: Session,
    user: User,
    kind: str,
    *,
    outbox: Outbox,
    undo_within: timedelta,
    now: datetime,
    due: datetime | None = None,
    **values: object,
) -> None:
    """Write a message of this kind to the address that the user has now.

    It carries the one link of a security mail: "this was not me". That is good for `undo_within`
    after the message is due, and gives the account back to whoever reads mail at this address.
    """
    token = issue_link(
        dbsession,
        user,
        Purpose.NOT_ME,
        email=user.email,
        email_key=user.email_key,
        lifetime=undo_within + ((due or now) - now),
        now=now,
    )
    outbox.put(
        dbsession,
        kind,
        to=user.email,
        user_id=user.id,
        now=now,
        due=due,
        name=called(user),
        not_me=outbox.link_to("not-me", str(token)),
        **values,
    )


def called(user: User) -> str | None:
    """Return the name for a greeting; None while anybody may have made the name up.

    A stranger can sign up with another's address and with a name that is an advertisement.
    """
    return user.first_name if user.email_verified_at else None
