"""Verify an email address: show that email to it reaches the owner of the account."""

from authsite.accounts.email_limits import VERIFY_EMAIL, hit_email_within
from authsite.accounts.email_links import (
    ActiveLink,
    InvalidLink,
    Purpose,
    consume_link,
    issue_link,
    lifetime_of,
    revoke_links,
)
from authsite.accounts.end_sessions import end_sessions
from authsite.accounts.sign_in import user_for_credential
from authsite.accounts.unit_of_work import UnitOfWork
from authsite.accounts.users import Credential, get_user, lock_user
from authsite.audit.event_types import EventType, SessionEndReason
from authsite.durations import humanize
from authsite.models import User
from authsite.tokens import LinkToken, new_id

#: Recipient of the email that a failed sign-in writes and undoes.
_UNKNOWN = "unknown@example.com"


def send_verification(work: UnitOfWork, user: User, *, is_repeated: bool = False) -> None:
    """Email the user a link that verifies their email address.

    `is_repeated` is true after another sign-up with it, of which nothing is stored.
    """
    _send(work, user, is_repeated=is_repeated)


def record_failed_sign_in(work: UnitOfWork, user_id: str, email_normalized: str) -> None:
    """Record a failed sign-in, on a site where verification is required.

    An unverified account is emailed a link, whatever the password was, within the limits of emails.
    For other accounts, and for an unknown id, the same statements are executed and undone, the
    count of the email included: otherwise visitors could sign up with an email
    address, sign in, and learn from the time whether it was free.
    """
    work.audit.record(user_id, EventType.SIGN_IN_FAILED)
    user = get_user(work.dbsession, user_id)
    if user and (user.email_verified_at or user.suspended_at):
        user = None
    with work.dbsession.begin_nested() as savepoint:
        may_email = hit_email_within(work, VERIFY_EMAIL, email_normalized)
        _send(work, user, is_repeated=False)
        if user is None or not may_email:
            savepoint.rollback()


def verify_email(work: UnitOfWork, link: ActiveLink) -> None:
    """Verify the email address for its user, who is signed in.

    Raises `InvalidLink`, also if the account has another address by now.
    """
    _verify(work, link, lock_user(work.dbsession, link.user_id))


def verify_email_by_password(
    work: UnitOfWork, link: ActiveLink, credential: Credential
) -> Credential:
    """Verify the email address for a user whose password was verified; return the credential.

    Raises `InvalidLink` as `verify_email` does, or `InvalidCredentials` if the credential is no
    longer valid.
    """
    user = user_for_credential(work.dbsession, credential)
    _verify(work, link, user)
    verified = Credential.of(user)
    assert verified is not None  # noqa: S101 - `user_for_credential` has compared its hash
    return verified


def claim_account(work: UnitOfWork, link: ActiveLink) -> LinkToken:
    """Give a never verified account to the owner of its mailbox.

    The user who signed up with the address loses the account: the password, the sessions and all
    links are revoked, and all devices are forgotten. Returns the token of a link that sets a new
    password. Raises `InvalidLink`, also if the address was verified before.
    """
    user = lock_user(work.dbsession, link.user_id)
    if user is None or user.email_verified_at:
        raise InvalidLink
    user = _consume(work, link, user)
    user.email_verified_at, user.password_hash = work.now, None
    user.devices_valid_since = work.now
    work.dbsession.flush()
    work.audit.record(user.id, EventType.ACCOUNT_CLAIMED)
    end_sessions(work, user.id, SessionEndReason.CLAIMED)
    revoke_links(work.dbsession, user.id, except_=())
    return issue_link(work, user, Purpose.RESET_PASSWORD)


def _send(work: UnitOfWork, user: User | None, *, is_repeated: bool) -> None:
    """Email the link; for None, execute the same for an unknown user, which the caller undoes."""
    recipient = user or User(id=new_id(), email=_UNKNOWN, email_normalized=_UNKNOWN)
    token = issue_link(work, recipient, Purpose.VERIFY_EMAIL)
    work.outbox.put(
        VERIFY_EMAIL,
        to=recipient.email,
        user_id=user.id if user else None,
        link=work.outbox.link_to("verify-email", str(token)),
        lifetime=humanize(lifetime_of(Purpose.VERIFY_EMAIL, work.settings)),
        is_repeated=is_repeated,
    )


def _verify(work: UnitOfWork, link: ActiveLink, user: User | None) -> None:
    owner = _consume(work, link, user)
    owner.email_verified_at = work.now
    work.dbsession.flush()
    work.audit.record(owner.id, EventType.EMAIL_VERIFIED, details={"to": owner.email})


def _consume(work: UnitOfWork, link: ActiveLink, user: User | None) -> User:
    """Consume the link of this user and return them; raise `InvalidLink` if it is not theirs.

    The caller has locked the user, so a concurrent sign-in has already written its session.
    """
    consumed = consume_link(work, link)
    owner = (consumed.user_id, consumed.email_normalized)
    if user is None or (user.id, user.email_normalized) != owner:
        raise InvalidLink
    return user
