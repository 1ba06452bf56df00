"""Signing up: an account comes to be, once for each address."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from authsite.accounts.email_links import Purpose, is_address_reserved, issue_link
from authsite.accounts.new_password import validate_password
from authsite.accounts.notices import greeting_name
from authsite.accounts.outbox import Outbox
from authsite.accounts.users import Credential, EmailTaken, get_user_by_email, raising_email_taken
from authsite.accounts.verify_email import VERIFY_EMAIL, send_verification
from authsite.audit.event_types import EventType
from authsite.audit.recorder import AuditLog
from authsite.email_addresses import EmailAddress
from authsite.models import User
from authsite.passwords.hasher import PasswordHasher
from authsite.passwords.policy import PasswordPolicy
from authsite.throttling.mail_limits import try_hit_email
from authsite.throttling.throttles import CountedHit, Throttles
from authsite.tokens import new_id

#: The kind of the mail to an address that is taken, which is counted under this name.
SIGN_UP_TAKEN = "sign_up_existing_account"


def new_user(
    *,
    throttles: Throttles,
    hasher: PasswordHasher,
    policy: PasswordPolicy,
    first_name: str,
    last_name: str,
    email: EmailAddress,
    password: str,
    network: str,
    now: datetime,
) -> User:
    """Return a user who is not in the database yet.

    Raises `WeakPassword`, `Throttled` or `HashQueueFull`.

    A sign-up counts from when nothing is wrong with it but, perhaps, the address: who tries which
    addresses are taken is held up like who makes many accounts. The password is hashed before the
    transaction begins, so that nobody holds the write lock while a hash is computed.
    """
    validate_password(policy, password, first_name=first_name, last_name=last_name, email=email)
    tried = {"sign_up_network": network}
    throttles.check(tried, now=now)
    with hasher.slot() as slot:
        throttles.hit(tried, now=now)
        password_hash = hasher.hash(password, within=slot)
    return User(
        id=new_id(),
        first_name=first_name,
        last_name=last_name,
        email=email.original,
        email_normalized=email.normalized,
        password_hash=password_hash,
        created_at=now,
    )


def sign_up(
    dbsession: Session,
    user: User,
    *,
    throttles: Throttles,
    audit: AuditLog,
    outbox: Outbox,
    refund: Callable[[Sequence[CountedHit]], None],
    verification_lifetime: timedelta,
    now: datetime,
) -> Credential:
    """Add the user, ask them to verify their address, and return their credential.

    Raises `EmailTaken`; the mail that was counted and is not sent then is for `refund`, or
    anybody could use up what the owner of the address may ask for. Who was asked a short while ago
    is not asked again, and signed up.
    """
    may_ask = try_hit_email(throttles, VERIFY_EMAIL, user.email_normalized, now=now)
    try:
        add_user(dbsession, user, kind=EventType.SIGNED_UP, audit=audit, now=now)
    except EmailTaken:
        refund(may_ask or ())
        raise
    if may_ask is not None:
        send_verification(
            dbsession, user, outbox=outbox, verification_lifetime=verification_lifetime, now=now
        )
    assert user.password_hash is not None  # noqa: S101 - for the type checker
    return Credential(user.id, user.password_hash)


def sign_up_with_verification(
    dbsession: Session,
    user: User,
    *,
    throttles: Throttles,
    audit: AuditLog,
    outbox: Outbox,
    verification_lifetime: timedelta,
    now: datetime,
) -> None:
    """Add the user, or write to the owner of the address that it is taken; tell nobody else.

    What is counted and done is as much for a free address as for one that is taken.
    """
    may_ask = try_hit_email(throttles, VERIFY_EMAIL, user.email_normalized, now=now)
    may_tell = try_hit_email(throttles, SIGN_UP_TAKEN, user.email_normalized, now=now)
    owner: User | None = user
    try:
        add_user(dbsession, user, kind=EventType.SIGNED_UP, audit=audit, now=now)
    except EmailTaken:
        owner = get_user_by_email(dbsession, user.email_normalized)
    if owner and not owner.email_verified_at:
        if may_ask is not None:
            send_verification(
                dbsession,
                owner,
                outbox=outbox,
                verification_lifetime=verification_lifetime,
                now=now,
            )
    elif may_tell is not None:
        # For nobody: the same statements as for a free address, so that the time tells nothing.
        issue_link(
            dbsession,
            User(id=new_id()),
            Purpose.VERIFY_EMAIL,
            email=user.email,
            email_normalized=user.email_normalized,
            lifetime=verification_lifetime,
            now=now,
        )
        outbox.put(
            dbsession,
            SIGN_UP_TAKEN,
            to=owner.email if owner else user.email,
            user_id=owner.id if owner else None,
            now=now,
            name=greeting_name(owner) if owner else None,
            is_address_reserved=owner is None,
            sign_in=outbox.link_to("sign-in"),
            forgot_password=outbox.link_to("forgot-password"),
        )


def add_user(
    dbsession: Session, user: User, *, kind: EventType, audit: AuditLog, now: datetime
) -> None:
    """Add the user, or nothing at all and raise `EmailTaken`; `kind` is what the history says."""
    with raising_email_taken(dbsession):
        dbsession.add(user)
        dbsession.flush()
        # Whoever gives an address up leaves such a link in the same transaction, which this one
        # has waited for; before the insert, it might not have been there yet.
        if is_address_reserved(dbsession, user.email_normalized, user_id=user.id, now=now):
            raise EmailTaken
        audit.record(dbsession, user.id, kind, now=now)
