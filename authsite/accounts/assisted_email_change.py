"""Change the email address for a user who can do it no longer, as an operator has checked."""

from authsite.accounts.change_email import SameEmail
from authsite.accounts.email_links import Purpose, is_address_reserved, issue_link, lifetime_of
from authsite.accounts.notices import notify_and_record
from authsite.accounts.unit_of_work import UnitOfWork
from authsite.accounts.users import EmailTaken, get_user_by_email
from authsite.audit.event_types import EventType
from authsite.durations import humanize
from authsite.email_addresses import EmailAddress
from authsite.mail.composer import CHANGE_EMAIL
from authsite.models import User


def assist_email_change(work: UnitOfWork, user: User, email: EmailAddress, *, reason: str) -> None:
    """Send a link to the new email address, and a notice to the current one.

    As in `request_email_change`, the address changes when its owner uses the link, and the notice
    has a link that prevents or undoes it. Other than there, the link needs no password: who still
    knows it and reads the old mailbox needs no operator. The caller has locked the user.

    Raises `SameEmail`, or `EmailTaken` if another account has the address or can still restore it.
    """
    if email.normalized == user.email_normalized:
        raise SameEmail
    is_taken = get_user_by_email(work.dbsession, email.normalized) is not None
    if is_taken or is_address_reserved(work, email.normalized, user_id=user.id):
        raise EmailTaken
    notify_and_record(
        work,
        user,
        EventType.EMAIL_CHANGE_REQUESTED,
        details={"to": email.original, "reason": reason},
        # The reader of an unverified address may be someone else.
        new_email=email.original if user.email_verified_at else None,
    )
    token = issue_link(work, user, Purpose.VERIFY_NEW_EMAIL, email=email)
    work.outbox.put(
        CHANGE_EMAIL,
        to=email.original,
        user_id=user.id,
        link=work.outbox.link_to(Purpose.VERIFY_NEW_EMAIL.url_name, str(token)),
        lifetime=humanize(lifetime_of(Purpose.VERIFY_NEW_EMAIL, work.settings)),
        old_email=user.email if user.email_verified_at else None,
    )
