"""Changing the address of an account: asked for, proven by a link, and told to the former one."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from authsite.accounts.email_links import (
    InvalidLink,
    Purpose,
    consume_link,
    is_address_reserved,
    issue_link,
    revoke_links,
    revoke_links_except_secure_account,
)
from authsite.accounts.notices import notify_and_record
from authsite.accounts.outbox import Outbox
from authsite.accounts.users import (
    EmailTaken,
    get_user_by_email,
    lock_user_no_key,
    raising_email_taken,
)
from authsite.audit.event_types import EventType
from authsite.audit.recorder import AuditLog
from authsite.durations import humanize
from authsite.email_addresses import EmailAddress
from authsite.models import User
from authsite.tokens import LinkToken

#: The kinds of mail to the new address.
CHANGE_EMAIL, EMAIL_TAKEN = "change_email", "email_taken"


def request_email_change(
    dbsession: Session,
    user: User,
    email: EmailAddress,
    *,
    audit: AuditLog,
    outbox: Outbox,
    verification_lifetime: timedelta,
    revert_lifetime: timedelta,
    now: datetime,
) -> None:
    """Send a link to the new address, and tell the present one.

    Whether somebody has the new address already is told to nobody but them: they get a mail too,
    and it holds no link. What is done and kept is as much in either case.
    """
    lock_user_no_key(dbsession, user.id)
    notify_and_record(
        dbsession,
        user,
        EventType.EMAIL_CHANGE_REQUESTED,
        audit=audit,
        outbox=outbox,
        revert_lifetime=revert_lifetime,
        now=now,
        details={"to": email.original},
        # At an address that nobody has proven, a stranger may read this.
        new_email=email.original if user.email_verified_at else None,
    )
    token = issue_link(
        dbsession,
        user,
        Purpose.CHANGE_EMAIL,
        email=email.original,
        email_normalized=email.normalized,
        lifetime=verification_lifetime,
        now=now,
    )
    owner = get_user_by_email(dbsession, email.normalized)
    reserved = is_address_reserved(dbsession, email.normalized, user_id=user.id, now=now)
    whom = owner or (None if reserved else user)
    outbox.put(
        dbsession,
        EMAIL_TAKEN if owner or reserved else CHANGE_EMAIL,
        to=email.original,
        user_id=whom.id if whom else None,
        now=now,
        link=outbox.link_to("change-email", str(token)),
        lifetime=humanize(verification_lifetime),
        old_email=user.email,
    )


def change_email(
    dbsession: Session,
    token: LinkToken,
    user: User | None,
    *,
    audit: AuditLog,
    outbox: Outbox,
    revert_lifetime: timedelta,
    now: datetime,
) -> User:
    """Give the account the address that the link was sent to, and return the user.

    The caller holds the user, and has made sure that it is the owner who has followed it: the
    mailbox alone is no proof of that. Tells the former address, from which it can be undone; what
    else is pending is void. An address that was never proven has no such claim: a stranger may
    have it, by a typing mistake.
    Raises `InvalidLink`, or `EmailTaken` when somebody else has come to have the address; then the
    link can still be followed.
    """
    with raising_email_taken(dbsession):
        link = consume_link(dbsession, token, purpose=Purpose.CHANGE_EMAIL, now=now)
        if user is None or link.user_id != user.id:
            raise InvalidLink
        was_proven = user.email_verified_at is not None
        details = {"from": user.email, "to": link.email}
        if was_proven:
            notify_and_record(
                dbsession,
                user,
                EventType.EMAIL_CHANGED,
                audit=audit,
                outbox=outbox,
                revert_lifetime=revert_lifetime,
                now=now,
                details=details,
                new_email=link.email,
            )
        else:
            audit.record(dbsession, user.id, EventType.EMAIL_CHANGED, now=now, details=details)
        user.email, user.email_normalized = link.email, link.email_normalized
        user.email_verified_at = now
        dbsession.flush()
        # After the write, as at the sign-up: who gave the address up has done so by then.
        if is_address_reserved(dbsession, link.email_normalized, user_id=user.id, now=now):
            raise EmailTaken
    if was_proven:
        revoke_links_except_secure_account(dbsession, user.id)
    else:
        revoke_links(dbsession, user.id, Purpose)
    return user
