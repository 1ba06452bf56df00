"""Choosing a new password by a link from a mail, without the old one."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from authsite.accounts.email_links import (
    ActiveLink,
    InvalidLink,
    Purpose,
    consume_link,
    hit_link_throttle,
    revoke_links_except_secure_account,
)
from authsite.accounts.end_sessions import end_sessions
from authsite.accounts.new_password import validate_password
from authsite.accounts.notices import notify_and_record
from authsite.accounts.outbox import Outbox
from authsite.accounts.users import lock_user
from authsite.audit.event_types import EventType, SessionEndReason
from authsite.audit.recorder import AuditLog
from authsite.email_addresses import parse_email_address
from authsite.passwords.hasher import PasswordHasher
from authsite.passwords.policy import PasswordPolicy
from authsite.throttling.throttles import CountedHit, Throttles
from authsite.tokens import LinkToken


def reset_password(
    dbsession: Session,
    token: LinkToken,
    *,
    link: ActiveLink | None,
    throttles: Throttles,
    hasher: PasswordHasher,
    policy: PasswordPolicy,
    audit: AuditLog,
    outbox: Outbox,
    password: str,
    revert_lifetime: timedelta,
    network: str,
    now: datetime,
) -> Sequence[CountedHit]:
    """Give the account this password; end its sessions and void whatever else is pending.

    `link` is what the token was when it was looked at. Returns the tries that are to be given back
    once the transaction has ended. Raises `WeakPassword`, `Throttled` or `HashQueueFull`, which
    leave the link as it is, or `InvalidLink`, also when the account has another address by now.

    Whoever had a session or the old password has nothing any more, and no one is signed in: it is
    the address that was proven, and the password has yet to be typed (OWASP, "Forgot Password").
    """
    if link is None:
        hit_link_throttle(throttles, link=None, network=network, now=now)
        raise InvalidLink
    validate_password(
        policy,
        password,
        first_name=link.first_name,
        last_name=link.last_name,
        email=parse_email_address(link.owner_email),
    )
    hits = hit_link_throttle(throttles, link=link, network=network, now=now)
    try:
        password_hash = hasher.hash(password)
    except Exception:  # the link was not tried
        throttles.refund(hits)
        raise
    user = lock_user(dbsession, link.user_id)
    followed = consume_link(dbsession, token, purpose=Purpose.RESET_PASSWORD, now=now)
    if user is None or user.email_normalized != followed.email_normalized:
        raise InvalidLink
    user.password_hash = password_hash
    user.email_verified_at = user.email_verified_at or now
    why = SessionEndReason.PASSWORD_RESET
    end_sessions(dbsession, user.id, audit=audit, why=why, now=now)
    revoke_links_except_secure_account(dbsession, user.id)
    notify_and_record(
        dbsession,
        user,
        EventType.PASSWORD_RESET,
        audit=audit,
        outbox=outbox,
        revert_lifetime=revert_lifetime,
        now=now,
    )
    return hits
