"""Reset a forgotten password by an email link."""

from authsite.accounts.email_links import ActiveLink, InvalidLink, consume_link, revoke_links
from authsite.accounts.end_sessions import end_sessions
from authsite.accounts.new_password import validate_password
from authsite.accounts.notices import notify_and_record
from authsite.accounts.unit_of_work import UnitOfWork
from authsite.accounts.users import lock_user
from authsite.audit.event_types import EventType, SessionEndReason
from authsite.email_addresses import parse_email_address
from authsite.passwords.places import HashClient


def reset_password(work: UnitOfWork, link: ActiveLink, *, password: str) -> None:
    """Give the account this password, end its sessions and revoke its other links.

    Raises `WeakPassword`, `RateLimited` or `HashQueueFull`, which leave the link usable, or
    `InvalidLink`, also if the account has another email address by now. The link verifies the email
    address. It starts no session: the password has yet to be entered (OWASP Forgot Password Cheat
    Sheet).
    """
    validate_password(
        work,
        password,
        first_name=link.first_name,
        last_name=link.last_name,
        email=parse_email_address(link.owner_email),
    )
    with work.hasher.slot(HashClient(work.client.network)) as slot:
        password_hash = work.hasher.hash(password, within=slot)
    user = lock_user(work.dbsession, link.user_id)
    consumed = consume_link(work, link)
    if user is None or user.email_normalized != consumed.email_normalized:
        raise InvalidLink
    user.password_hash = password_hash
    user.email_verified_at = user.email_verified_at or work.now
    end_sessions(work, user.id, SessionEndReason.PASSWORD_RESET)
    revoke_links(work.dbsession, user.id)
    notify_and_record(work, user, EventType.PASSWORD_RESET)
