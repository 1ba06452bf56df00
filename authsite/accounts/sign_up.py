"""Signing up: an account comes to be, once for each address."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from authsite.accounts.email_links import Purpose, is_reserved, issue_link
from authsite.accounts.new_password import refuse_weak_password
from authsite.accounts.notices import called
from authsite.accounts.outbox import Outbox
from authsite.accounts.users import Credential, EmailTaken, giving_email, user_of_email_key
from authsite.accounts.verify_email import VERIFY_EMAIL, ask_to_verify
from authsite.audit.event_types import Kind
from authsite.audit.recorder import Journal
from authsite.email_addresses import EmailAddress
from authsite.models import User
from authsite.passwords.hasher import PasswordHasher
from authsite.passwords.policy import PasswordPolicy
from authsite.throttling.mail_limits import may_mail
from authsite.throttling.throttles import Hit, Throttles
from authsite.tokens import new_id

#: The kind of the mail to an address that is taken, which is counted under this name.
SIGN_UP_TAKEN = "sign_up_taken"


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
    refuse_weak_password(policy, password, first_name=first_name, last_name=last_name, email=email)
    tried = {"sign_up_network": network}
    throttles.look(tried, now=now)
    with hasher.turn() as turn:
        throttles.take(tried, now=now)
        password_hash = hasher.hash(password, within=turn)
    return User(
        id=new_id(),
        first_name=first_name,
        last_name=last_name,
        email=email.typed,
        email_key=email.key,
        password_hash=password_hash,
        created_at=now,
    )


def sign_up(
    dbsession: Session,
    user: User,
    *,
    throttles: Throttles,
    journal: Journal,
    outbox: Outbox,
    give_back: Callable[[Sequence[Hit]], None],
    verify_within: timedelta,
    now: datetime,
) -> Credential:
    """Add the user, ask them to verify their address, and return their credential.

    Raises `EmailTaken`; the mail that was counted and is not sent then is for `give_back`, or
    anybody could use up what the owner of the address may ask for. Who was asked a short while ago
    is not asked again, and signed up.
    """
    may_ask = may_mail(throttles, VERIFY_EMAIL, user.email_key, now=now)
    try:
        add_user(dbsession, user, kind=Kind.SIGNED_UP, journal=journal, now=now)
    except EmailTaken:
        give_back(may_ask or ())
        raise
    if may_ask is not None:
        ask_to_verify(dbsession, user, outbox=outbox, verify_within=verify_within, now=now)
    assert user.password_hash is not None  # noqa: S101 - for the type checker
    return Credential(user.id, user.password_hash)


def sign_up_by_mail(
    dbsession: Session,
    user: User,
    *,
    throttles: Throttles,
    journal: Journal,
    outbox: Outbox,
    verify_within: timedelta,
    now: datetime,
) -> None:
    """Add the user, or write to the owner of the address that it is taken; tell nobody else.

    What is counted and done is as much for a free address as for one that is taken.
    """
    may_ask = may_mail(throttles, VERIFY_EMAIL, user.email_key, now=now)
    may_tell = may_mail(throttles, SIGN_UP_TAKEN, user.email_key, now=now)
    owner: User | None = user
    try:
        add_user(dbsession, user, kind=Kind.SIGNED_UP, journal=journal, now=now)
    except EmailTaken:
        owner = user_of_email_key(dbsession, user.email_key)
    if owner and not owner.email_verified_at:
        if may_ask is not None:
            ask_to_verify(dbsession, owner, outbox=outbox, verify_within=verify_within, now=now)
    elif may_tell is not None:
        # For nobody: the same statements as for a free address, so that the time tells nothing.
        issue_link(
            dbsession,
            User(id=new_id()),
            Purpose.VERIFY_EMAIL,
            email=user.email,
            email_key=user.email_key,
            lifetime=verify_within,
            now=now,
        )
        outbox.put(
            dbsession,
            SIGN_UP_TAKEN,
            to=owner.email if owner else user.email,
            user_id=owner.id if owner else None,
            now=now,
            name=called(owner) if owner else None,
            is_reserved=owner is None,
            sign_in=outbox.link_to("sign-in"),
            forgot_password=outbox.link_to("forgot-password"),
        )


def add_user(
    dbsession: Session, user: User, *, kind: Kind, journal: Journal, now: datetime
) -> None:
    """Add the user, or nothing at all and raise `EmailTaken`; `kind` is what the history says."""
    with giving_email(dbsession):
        dbsession.add(user)
        dbsession.flush()
        # Whoever gives an address up leaves such a link in the same transaction, which this one
        # has waited for; before the insert, it might not have been there yet.
        if is_reserved(dbsession, user.email_key, user_id=user.id, now=now):
            raise EmailTaken
        journal.write(dbsession, user.id, kind, now=now)
