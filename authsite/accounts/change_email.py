"""Changing the address of an account: asked for, proven by a link, and told to the former one."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from authsite.accounts.email_links import (
    DeadLink,
    Purpose,
    follow_link,
    is_reserved,
    issue_link,
    void_all_but_disavowals,
    void_links,
)
from authsite.accounts.notices import tell
from authsite.accounts.outbox import Outbox
from authsite.accounts.users import (
    EmailTaken,
    giving_email,
    user_held_as_they_are,
    user_of_email_key,
)
from authsite.audit.event_types import Kind
from authsite.audit.recorder import Journal
from authsite.durations import in_words
from authsite.email_addresses import EmailAddress
from authsite.models import User
from authsite.tokens import LinkToken

#: The kinds of mail to the new address.
CHANGE_EMAIL, EMAIL_TAKEN = "change_email", "email_taken"


def ask_for_new_email(
    dbsession: Session,
    user: User,
    email: EmailAddress,
    *,
    journal: Journal,
    outbox: Outbox,
    verify_within: timedelta,
    undo_within: timedelta,
    now: datetime,
) -> None:
    """Send a link to the new address, and tell the present one.

    Whether somebody has the new address already is told to nobody but them: they get a mail too,
    and it holds no link. What is done and kept is as much in either case.
    """
    user_held_as_they_are(dbsession, user.id)
    tell(
        dbsession,
        user,
        Kind.EMAIL_CHANGE_ASKED,
        journal=journal,
        outbox=outbox,
        undo_within=undo_within,
        now=now,
        details={"to": email.typed},
        # At an address that nobody has proven, a stranger may read this.
        new_email=email.typed if user.email_verified_at else None,
    )
    token = issue_link(
        dbsession,
        user,
        Purpose.CHANGE_EMAIL,
        email=email.typed,
        email_key=email.key,
        lifetime=verify_within,
        now=now,
    )
    owner = user_of_email_key(dbsession, email.key)
    reserved = is_reserved(dbsession, email.key, user_id=user.id, now=now)
    whom = owner or (None if reserved else user)
    outbox.put(
        dbsession,
        EMAIL_TAKEN if owner or reserved else CHANGE_EMAIL,
        to=email.typed,
        user_id=whom.id if whom else None,
        now=now,
        link=outbox.link_to("change-email", str(token)),
        lifetime=in_words(verify_within),
        old_email=user.email,
    )


def change_email(
    dbsession: Session,
    token: LinkToken,
    user: User | None,
    *,
    journal: Journal,
    outbox: Outbox,
    undo_within: timedelta,
    now: datetime,
) -> User:
    """Give the account the address that the link was sent to, and return the user.

    The caller holds the user, and has made sure that it is the owner who has followed it: the
    mailbox alone is no proof of that. Tells the former address, from which it can be undone; what
    else is pending is void. An address that was never proven has no such claim: a stranger may
    have it, by a typing mistake.
    Raises `DeadLink`, or `EmailTaken` when somebody else has come to have the address; then the
    link can still be followed.
    """
    with giving_email(dbsession):
        link = follow_link(dbsession, token, purpose=Purpose.CHANGE_EMAIL, now=now)
        if user is None or link.user_id != user.id:
            raise DeadLink
        was_proven = user.email_verified_at is not None
        details = {"from": user.email, "to": link.email}
        if was_proven:
            tell(
                dbsession,
                user,
                Kind.EMAIL_CHANGED,
                journal=journal,
                outbox=outbox,
                undo_within=undo_within,
                now=now,
                details=details,
                new_email=link.email,
            )
        else:
            journal.write(dbsession, user.id, Kind.EMAIL_CHANGED, now=now, details=details)
        user.email, user.email_key = link.email, link.email_key
        user.email_verified_at = now
        dbsession.flush()
        # After the write, as at the sign-up: who gave the address up has done so by then.
        if is_reserved(dbsession, link.email_key, user_id=user.id, now=now):
            raise EmailTaken
    if was_proven:
        void_all_but_disavowals(dbsession, user.id)
    else:
        void_links(dbsession, user.id, Purpose)
    return user
