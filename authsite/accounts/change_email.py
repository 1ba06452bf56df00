"""Changing the address of an account: asked for, proven by a link, and told to the former one."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from authsite.accounts.links import (
    DeadLink,
    Purpose,
    follow_link,
    is_reserved,
    issue_link,
    void_all_but_disavowals,
)
from authsite.accounts.notices import notify
from authsite.accounts.outbox import Outbox
from authsite.accounts.users import (
    EmailTaken,
    giving_email,
    held_user_of_id,
    user_of_email_key,
)
from authsite.durations import in_words
from authsite.email_addresses import EmailAddress
from authsite.models import User
from authsite.tokens import LinkToken


def ask_for_new_email(
    dbsession: Session,
    user: User,
    email: EmailAddress,
    *,
    outbox: Outbox,
    verify_within: timedelta,
    undo_within: timedelta,
    now: datetime,
) -> None:
    """Send a link to the new address, and tell the present one.

    Whether somebody has the new address already is told to nobody but them: they get a mail too,
    and it holds no link.
    """
    notify(
        dbsession,
        user,
        "email_change_asked",
        outbox=outbox,
        undo_within=undo_within,
        now=now,
        new_email=email.typed,
    )
    if user_of_email_key(dbsession, email.key) or is_reserved(
        dbsession, email.key, user_id=user.id, now=now
    ):
        outbox.put(dbsession, "email_taken", to=email.typed, user_id=None, now=now)
        return
    token = issue_link(
        dbsession,
        user,
        Purpose.CHANGE_EMAIL,
        email=email.typed,
        email_key=email.key,
        lifetime=verify_within,
        now=now,
    )
    outbox.put(
        dbsession,
        "change_email",
        to=email.typed,
        user_id=user.id,
        now=now,
        link=outbox.link_to("change-email", str(token)),
        lifetime=in_words(verify_within),
        old_email=user.email,
    )


def change_email(
    dbsession: Session,
    token: LinkToken,
    *,
    user_id: str,
    outbox: Outbox,
    undo_within: timedelta,
    now: datetime,
) -> User:
    """Give the account the address that the link was sent to, and return the user.

    The caller has made sure that who followed it is the owner: the mailbox alone is no proof of
    that. Tells the former address, from which it can be undone; what else is pending is void.
    Raises `DeadLink`, or `EmailTaken` when somebody else has come to have the address.
    """
    user = held_user_of_id(dbsession, user_id)
    link = follow_link(dbsession, token, purpose=Purpose.CHANGE_EMAIL, now=now)
    if user is None or link.user_id != user.id:
        raise DeadLink
    if is_reserved(dbsession, link.email_key, user_id=user.id, now=now):
        raise EmailTaken
    with giving_email(dbsession):
        notify(
            dbsession,
            user,
            "email_changed",
            outbox=outbox,
            undo_within=undo_within,
            now=now,
            new_email=link.email,
        )
        user.email, user.email_key = link.email, link.email_key
        user.email_verified_at = now
    void_all_but_disavowals(dbsession, user.id)
    return user
