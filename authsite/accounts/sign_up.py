"""Sign up: one account per email address."""

from collections.abc import Mapping
from typing import Any

from authsite.accounts.email_limits import VERIFY_EMAIL, try_hit_email
from authsite.accounts.email_links import Purpose, is_address_reserved, issue_link
from authsite.accounts.new_password import validate_password, words_of
from authsite.accounts.notices import greeting_name
from authsite.accounts.unit_of_work import UnitOfWork
from authsite.accounts.users import (
    Credential,
    EmailTaken,
    get_user_by_email,
    raising_email_taken,
)
from authsite.accounts.verify_email import send_verification
from authsite.audit.event_types import EventType
from authsite.email_addresses import EmailAddress
from authsite.models import User
from authsite.passwords.places import HashClient
from authsite.tokens import new_id

#: The template for an address that has an account, under whose name such emails are counted.
SIGN_UP_EXISTING_ACCOUNT = "sign_up_existing_account"


class SignUpClosed(Exception):
    """The settings allow no sign-up."""


class SignUpRefused(Exception):
    """A subscriber of the host application refuses a sign-up, with a message for the visitor.

    Raised at the event `SIGNED_UP`, it shows the form again: with the message at the field, or
    above the form. Nothing is stored.
    """

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


def new_user(
    work: UnitOfWork, *, first_name: str, last_name: str, email: EmailAddress, password: str
) -> User:
    """Return a user who is not in the database yet.

    Raises `WeakPassword`, `RateLimited` or `HashQueueFull`. Taken addresses are counted as well:
    probing for accounts is limited as creating many is. Weak passwords are not: they have a limit
    of their own. The password is hashed before the transaction begins, so that the write lock is
    never held during a hash.
    """
    subjects = {"sign_up_network": work.client.network}
    work.throttles.check(subjects, now=work.now)
    validate_password(
        work,
        password,
        words_of(first_name, last_name, email),
        counted_by={"new_password_network": work.client.network},
    )
    with work.hasher.slot(HashClient(work.client.network)) as slot:
        work.throttles.hit(subjects, now=work.now)
        password_hash = work.hasher.hash(password, within=slot)
    return User(
        id=new_id(),
        first_name=first_name,
        last_name=last_name,
        email=email.original,
        email_normalized=email.normalized,
        password_hash=password_hash,
        created_at=work.now,
    )


def sign_up(work: UnitOfWork, user: User, values: Mapping[str, Any] | None = None) -> Credential:
    """Add the user, email them a verification link, and return their credential.

    Subscribers get the values of the host application's fields. Raises `EmailTaken` or
    `SignUpRefused`; the hit of the email that is not sent is refunded then, or anyone could use up
    the emails of the address's owner. A user who was emailed a moment ago is not emailed again.
    """
    hits = try_hit_email(work, VERIFY_EMAIL, user.email_normalized)
    try:
        add_user(work, user, EventType.SIGNED_UP, values=values)
    except (EmailTaken, SignUpRefused):
        work.refund(hits or ())
        raise
    if hits is not None:
        send_verification(work, user)
    credential = Credential.of(user)
    assert credential is not None  # noqa: S101 - for the type checker
    return credential


def sign_up_with_verification(
    work: UnitOfWork, user: User, values: Mapping[str, Any] | None = None
) -> None:
    """Add the user and email a link; if the address is taken, email its owner instead.

    Only the email shows which: both cases count the same emails and write one, which is undone at
    its limit. If the account was never verified, the link lets the owner of the mailbox claim it.
    Names, password and values of this sign-up are dropped: either sign-up may be an attacker's.

    Raises `SignUpRefused`, also for an address that is taken.
    """
    verify_hits = try_hit_email(work, VERIFY_EMAIL, user.email_normalized)
    notify_hits = try_hit_email(work, SIGN_UP_EXISTING_ACCOUNT, user.email_normalized)
    owner: User | None = user
    try:
        _add_user_silently(work, user, values)
    except EmailTaken:
        owner = get_user_by_email(work.dbsession, user.email_normalized)
    except SignUpRefused:
        work.refund([*(verify_hits or ()), *(notify_hits or ())])
        raise
    with work.dbsession.begin_nested() as savepoint:
        if owner and not owner.email_verified_at:
            may_email = verify_hits is not None
            send_verification(work, owner, is_repeated=owner is not user)
        else:
            may_email = notify_hits is not None and (owner is not None or verify_hits is not None)
            _send_existing_account(work, owner, typed=user)
        if not may_email:
            savepoint.rollback()


def _send_existing_account(work: UnitOfWork, owner: User | None, *, typed: User) -> None:
    """Email the owner that there is an account, or, for None, that the address is reserved.

    It executes what the email with a link does, for an unknown user, so that it takes as long.
    """
    unknown = User(id=new_id(), email=typed.email, email_normalized=typed.email_normalized)
    issue_link(work, unknown, Purpose.VERIFY_EMAIL)
    work.outbox.put(
        SIGN_UP_EXISTING_ACCOUNT,
        to=owner.email if owner else typed.email,
        user_id=owner.id if owner else None,
        name=greeting_name(owner) if owner else None,
        is_address_reserved=owner is None,
        sign_in=work.outbox.link_to("sign-in"),
        forgot_password=work.outbox.link_to("forgot-password"),
    )


def add_user(
    work: UnitOfWork,
    user: User,
    event_type: EventType,
    *,
    values: Mapping[str, Any] | None = None,
) -> None:
    """Add the user and record the event, or change nothing and raise `EmailTaken`."""
    with raising_email_taken(work.dbsession):
        work.dbsession.add(user)
        _refuse_reserved_address(work, user)
        work.audit.record(user.id, event_type, values=values)


def _add_user_silently(work: UnitOfWork, user: User, values: Mapping[str, Any] | None) -> None:
    """Do the same in another order: subscribers cannot tell whether the address is taken.

    They get the event first, so that what they refuse, and the time they take, is the same. Until
    then the account has a normalized email that no other has; if the address is taken, the account
    and all that subscribers have written is undone.
    """
    email_normalized = user.email_normalized
    with raising_email_taken(work.dbsession):
        user.email_normalized = f"{user.id}@sign-up.invalid"
        work.dbsession.add(user)
        work.dbsession.flush()
        work.audit.record(user.id, EventType.SIGNED_UP, values=values)
        user.email_normalized = email_normalized
        _refuse_reserved_address(work, user)


def _refuse_reserved_address(work: UnitOfWork, user: User) -> None:
    """Write the email address of the user, and raise `EmailTaken` if another may still restore it.

    In this order: the statement waits for a transaction that gives the address up, and that
    transaction also writes the link that reserves it.
    """
    work.dbsession.flush()
    if is_address_reserved(work, user.email_normalized, user_id=user.id):
        raise EmailTaken
