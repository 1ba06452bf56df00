"""Taking an account back, by the link of a mail that told its reader of what somebody else did."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from authsite.accounts.close_account import cancel_deletion
from authsite.accounts.email_links import (
    ActiveLink,
    ConsumedLink,
    InvalidLink,
    Purpose,
    consume_link,
    hit_link_throttle,
    issue_link,
    revoke_links_except_older_secure_account,
    revoke_links_except_secure_account,
)
from authsite.accounts.end_sessions import end_sessions
from authsite.accounts.outbox import Outbox
from authsite.accounts.users import EmailTaken, lock_user, raising_email_taken
from authsite.audit.event_types import EventType, SessionEndReason
from authsite.audit.recorder import AuditLog
from authsite.models import User
from authsite.throttling.throttles import CountedHit, Throttles
from authsite.tokens import LinkToken


class PreviousEmailTaken(Exception):
    """Another account has the address by now, so that this one cannot have it back."""


def secure_account(
    dbsession: Session,
    token: LinkToken,
    *,
    link: ActiveLink | None,
    throttles: Throttles,
    audit: AuditLog,
    outbox: Outbox,
    reset_link_lifetime: timedelta,
    network: str,
    now: datetime,
) -> tuple[LinkToken, Sequence[CountedHit]]:
    """Lock everybody out, give the account back the address of the link, and let it be kept.

    `link` is what the token was when it was looked at. Returns the token of a link by which a new
    password is chosen, and the tries to give back once the transaction has ended. What was told
    before, to whoever had the account then, can still be disavowed: so a thief who has mails sent
    to an address of their own gains nothing, whether they use theirs first or last.

    Raises `Throttled`, `InvalidLink`, or `PreviousEmailTaken`; then everybody is locked out all the
    same, which is to be kept, and the link can be used once more.
    """
    hits = hit_link_throttle(throttles, link=link, network=network, now=now)
    user = lock_user(dbsession, link.user_id) if link else None
    if user is None:
        raise InvalidLink
    try:
        with raising_email_taken(dbsession):
            followed = consume_link(dbsession, token, purpose=Purpose.SECURE_ACCOUNT, now=now)
            _restore_email(dbsession, user, followed, audit=audit, outbox=outbox, now=now)
    except EmailTaken as error:
        _lock_down(dbsession, user, audit=audit, now=now)
        revoke_links_except_secure_account(dbsession, user.id)
        raise PreviousEmailTaken from error
    _lock_down(dbsession, user, audit=audit, now=now)
    revoke_links_except_older_secure_account(dbsession, followed)
    reset_token = issue_link(
        dbsession,
        user,
        Purpose.RESET_PASSWORD,
        email=user.email,
        email_normalized=user.email_normalized,
        lifetime=reset_link_lifetime,
        now=now,
    )
    return reset_token, hits


def _restore_email(
    dbsession: Session,
    user: User,
    followed: ConsumedLink,
    *,
    audit: AuditLog,
    outbox: Outbox,
    now: datetime,
) -> None:
    """Let the account have the address that the link was sent to, which is proven by that.

    Who has the address that it had until now is told so, and gets no link.
    """
    if user.email_normalized != followed.email_normalized:
        outbox.put(dbsession, "email_restored", to=user.email, user_id=user.id, now=now)
        details = {"from": user.email, "to": followed.email}
        user.email, user.email_normalized = followed.email, followed.email_normalized
        user.email_verified_at = now
        audit.record(dbsession, user.id, EventType.EMAIL_CHANGED, now=now, details=details)
    user.email_verified_at = user.email_verified_at or now


def _lock_down(dbsession: Session, user: User, *, audit: AuditLog, now: datetime) -> None:
    """Let nobody in any more, know no browser, and let the account not go."""
    user.password_hash, user.devices_valid_since = None, now
    cancel_deletion(dbsession, user)
    dbsession.flush()  # the user first: a sign-in holds it, and has written its session by then
    audit.record(dbsession, user.id, EventType.ACCOUNT_SECURED, now=now)
    end_sessions(dbsession, user.id, audit=audit, why=SessionEndReason.ACCOUNT_SECURED, now=now)
