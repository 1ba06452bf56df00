"""Choosing a new password by a link from a mail, without the old one."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from authsite.accounts.email_links import (
    DeadLink,
    OpenLink,
    Purpose,
    counted_try,
    follow_link,
    void_all_but_disavowals,
)
from authsite.accounts.end_sessions import close_sessions
from authsite.accounts.new_password import refuse_weak_password
from authsite.accounts.notices import tell
from authsite.accounts.outbox import Outbox
from authsite.accounts.users import held_user_of_id
from authsite.audit.event_types import EndReason, Kind
from authsite.audit.recorder import Journal
from authsite.email_addresses import parse_email_address
from authsite.passwords.hasher import PasswordHasher
from authsite.passwords.policy import PasswordPolicy
from authsite.throttling.throttles import Hit, Throttles
from authsite.tokens import LinkToken


def reset_password(
    dbsession: Session,
    token: LinkToken,
    *,
    link: OpenLink | None,
    throttles: Throttles,
    hasher: PasswordHasher,
    policy: PasswordPolicy,
    journal: Journal,
    outbox: Outbox,
    password: str,
    undo_within: timedelta,
    network: str,
    now: datetime,
) -> Sequence[Hit]:
    """Give the account this password; end its sessions and void whatever else is pending.

    `link` is what the token was when it was looked at. Returns the tries that are to be given back
    once the transaction has ended. Raises `WeakPassword`, `Throttled` or `HashQueueFull`, which
    leave the link as it is, or `DeadLink`, also when the account has another address by now.

    Whoever had a session or the old password has nothing any more, and no one is signed in: it is
    the address that was proven, and the password has yet to be typed (OWASP, "Forgot Password").
    """
    if link is None:
        counted_try(throttles, link=None, network=network, now=now)
        raise DeadLink
    refuse_weak_password(
        policy,
        password,
        first_name=link.first_name,
        last_name=link.last_name,
        email=parse_email_address(link.owner_email),
    )
    hits = counted_try(throttles, link=link, network=network, now=now)
    try:
        password_hash = hasher.hash(password)
    except Exception:  # the link was not tried
        throttles.give_back(hits)
        raise
    user = held_user_of_id(dbsession, link.user_id)
    followed = follow_link(dbsession, token, purpose=Purpose.RESET_PASSWORD, now=now)
    if user is None or user.email_key != followed.email_key:
        raise DeadLink
    user.password_hash = password_hash
    user.email_verified_at = user.email_verified_at or now
    why = EndReason.PASSWORD_RESET
    close_sessions(dbsession, user.id, journal=journal, why=why, now=now)
    void_all_but_disavowals(dbsession, user.id)
    tell(
        dbsession,
        user,
        Kind.PASSWORD_RESET,
        journal=journal,
        outbox=outbox,
        undo_within=undo_within,
        now=now,
    )
    return hits
