"""Proving that mail to an address reaches the one who has the account."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from authsite.accounts.email_links import (
    InvalidLink,
    Purpose,
    consume_link,
    issue_link,
    revoke_links,
)
from authsite.accounts.end_sessions import end_sessions
from authsite.accounts.outbox import Outbox
from authsite.accounts.sign_in import lock_credential, user_for_credential
from authsite.accounts.users import Credential, lock_user
from authsite.audit.event_types import EventType, SessionEndReason
from authsite.audit.recorder import AuditLog
from authsite.durations import humanize
from authsite.models import User
from authsite.throttling.mail_limits import try_hit_email
from authsite.throttling.throttles import Throttles
from authsite.tokens import LinkToken

#: The kind of the mail, which is counted under this name.
VERIFY_EMAIL = "verify_email"


def send_verification(
    dbsession: Session,
    user: User,
    *,
    outbox: Outbox,
    verification_lifetime: timedelta,
    now: datetime,
) -> None:
    """Write to the user's address a link by which its owner proves that it is theirs."""
    token = issue_link(
        dbsession,
        user,
        Purpose.VERIFY_EMAIL,
        email=user.email,
        email_normalized=user.email_normalized,
        lifetime=verification_lifetime,
        now=now,
    )
    outbox.put(
        dbsession,
        VERIFY_EMAIL,
        to=user.email,
        user_id=user.id,
        now=now,
        link=outbox.link_to("verify-email", str(token)),
        lifetime=humanize(verification_lifetime),
    )


def send_verification_at_sign_in(
    dbsession: Session,
    credential: Credential,
    *,
    throttles: Throttles,
    outbox: Outbox,
    email_normalized: str,
    verification_lifetime: timedelta,
    now: datetime,
) -> None:
    """Write to who has shown the password of an account, but nothing too soon after the last mail.

    Raises `InvalidCredentials` when the credential stands no more.
    """
    may_ask = try_hit_email(throttles, VERIFY_EMAIL, email_normalized, now=now)
    lock_credential(dbsession, credential)
    if may_ask is not None:
        user = dbsession.get_one(User, credential.user_id)
        send_verification(
            dbsession, user, outbox=outbox, verification_lifetime=verification_lifetime, now=now
        )


def verify_email(
    dbsession: Session, token: LinkToken, *, user_id: str, audit: AuditLog, now: datetime
) -> None:
    """Take the address as proven by this user, who is signed in.

    Raises `InvalidLink`, also when the link is another's, or the account has another address by now.
    """
    user = lock_user(dbsession, user_id)
    _verify(dbsession, token, user, audit=audit, now=now)


def verify_email_by_password(
    dbsession: Session,
    token: LinkToken,
    credential: Credential,
    *,
    audit: AuditLog,
    now: datetime,
) -> None:
    """Take the address as proven by whoever has shown the password of the account.

    Raises `InvalidLink` as `verify_email` does, and `InvalidCredentials` when the credential stands no
    more.
    """
    user = user_for_credential(dbsession, credential)
    _verify(dbsession, token, user, audit=audit, now=now)


def claim_account(
    dbsession: Session,
    token: LinkToken,
    *,
    user_id: str,
    audit: AuditLog,
    reset_link_lifetime: timedelta,
    now: datetime,
) -> LinkToken:
    """Give an account whose address nobody had proven, clean, to who has shown nothing else.

    Whoever signed up with somebody else's address is out: their password is void, their sessions
    have ended, and no link of theirs leads anywhere. Returns the token of a link by which a
    password is chosen. Raises `InvalidLink`, also when the address was proven before.
    """
    user = lock_user(dbsession, user_id)
    if user is None or user.email_verified_at:
        raise InvalidLink
    user = _follow(dbsession, token, user, now=now)
    user.email_verified_at, user.password_hash, user.devices_valid_since = now, None, now
    dbsession.flush()
    audit.record(dbsession, user.id, EventType.ACCOUNT_CLAIMED, now=now)
    end_sessions(dbsession, user.id, audit=audit, why=SessionEndReason.CLAIMED, now=now)
    revoke_links(dbsession, user.id, list(Purpose))
    return issue_link(
        dbsession,
        user,
        Purpose.RESET_PASSWORD,
        email=user.email,
        email_normalized=user.email_normalized,
        lifetime=reset_link_lifetime,
        now=now,
    )


def _verify(
    dbsession: Session, token: LinkToken, user: User | None, *, audit: AuditLog, now: datetime
) -> None:
    owner = _follow(dbsession, token, user, now=now)
    owner.email_verified_at = now
    dbsession.flush()
    details = {"to": owner.email}
    audit.record(dbsession, owner.id, EventType.EMAIL_VERIFIED, now=now, details=details)


def _follow(dbsession: Session, token: LinkToken, user: User | None, *, now: datetime) -> User:
    """Spend the link of this user, and return them; raise `InvalidLink` if it proves nothing of them.

    The user is held already: a sign-in that holds them too has written its session by then.
    """
    link = consume_link(dbsession, token, purpose=Purpose.VERIFY_EMAIL, now=now)
    if user is None or (user.id, user.email_normalized) != (link.user_id, link.email_normalized):
        raise InvalidLink
    return user
