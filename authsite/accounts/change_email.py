"""Change the email address of an account: requested, verified by a link, and revertible."""

from authsite.accounts.email_links import (
    ActiveLink,
    InvalidLink,
    Purpose,
    consume_link,
    is_address_reserved,
    issue_link,
    lifetime_of,
    revoke_links,
)
from authsite.accounts.notices import notify_and_record
from authsite.accounts.unit_of_work import UnitOfWork
from authsite.accounts.users import (
    EmailTaken,
    get_user_by_email,
    lock_user_no_key,
    raising_email_taken,
)
from authsite.audit.event_types import EventType
from authsite.durations import humanize
from authsite.email_addresses import EmailAddress
from authsite.mail.composer import CHANGE_EMAIL
from authsite.models import User

#: The template for an owner of the new address who has an account already.
EMAIL_TAKEN = "email_taken"


class SameEmail(Exception):
    """The account has this email address already."""


def request_email_change(
    work: UnitOfWork, user: User, email: EmailAddress, *, may_email_unverified: bool = True
) -> None:
    """Send a link to the new email address, and a notice to the current one.

    The user does not learn whether another account has the new address: its owner gets an email
    without a link, and the same is done and stored in both cases. The caller has counted the email;
    it is withheld if the limit of emails to an unverified email address is reached.
    """
    lock_user_no_key(work.dbsession, user.id)
    notify_and_record(
        work,
        user,
        EventType.EMAIL_CHANGE_REQUESTED,
        details={"to": email.original},
        # The reader of an unverified address may be someone else.
        new_email=email.original if user.email_verified_at else None,
    )
    token = issue_link(work, user, Purpose.CHANGE_EMAIL, email=email)
    owner = get_user_by_email(work.dbsession, email.normalized)
    is_reserved = is_address_reserved(work, email.normalized, user_id=user.id)
    recipient = owner or (None if is_reserved else user)
    work.outbox.put(
        EMAIL_TAKEN if owner or is_reserved else CHANGE_EMAIL,
        to=email.original,
        user_id=recipient.id if recipient else None,
        is_withheld=not (may_email_unverified or (owner and owner.email_verified_at)),
        link=work.outbox.link_to("change-email", str(token)),
        lifetime=humanize(lifetime_of(Purpose.CHANGE_EMAIL, work.settings)),
        # Anyone can sign up with an email address that is a message to someone else.
        old_email=user.email if user.email_verified_at else None,
    )


def change_email(work: UnitOfWork, link: ActiveLink, user: User | None) -> User:
    """Give the account the email address that the link was sent to; return the user.

    The caller has locked the user, and has verified that the owner used the link: the mailbox alone
    does not prove that. A verified previous address is notified and can undo the change; other
    links are revoked. An unverified one has no such claim: it may belong to someone else.

    Raises `InvalidLink`, or `EmailTaken` if another account has the address by now; then the link
    stays usable.
    """
    with raising_email_taken(work.dbsession):
        consumed = consume_link(work, link)
        if user is None or consumed.user_id != user.id:
            raise InvalidLink
        was_verified = user.email_verified_at is not None
        details = {"from": user.email, "to": consumed.email}
        if was_verified:
            notify_and_record(
                work, user, EventType.EMAIL_CHANGED, details=details, new_email=consumed.email
            )
        else:
            work.audit.record(user.id, EventType.EMAIL_CHANGED, details=details)
        user.email, user.email_normalized = consumed.email, consumed.email_normalized
        user.email_verified_at = work.now
        work.dbsession.flush()
        # After the write, as at sign-up: an account that gives the address up has done so by then.
        if is_address_reserved(work, consumed.email_normalized, user_id=user.id):
            raise EmailTaken
    revoke_links(work.dbsession, user.id, except_=[Purpose.SECURE_ACCOUNT] if was_verified else [])
    return user
