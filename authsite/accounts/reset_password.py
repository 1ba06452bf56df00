"""Reset a forgotten password by an email link."""

from authsite.accounts.email_links import ActiveLink, InvalidLink, consume_link, revoke_links
from authsite.accounts.end_sessions import end_sessions
from authsite.accounts.new_password import validate_password, words_of
from authsite.accounts.notices import notify_and_record
from authsite.accounts.unit_of_work import UnitOfWork
from authsite.accounts.users import Credential, lock_user
from authsite.audit.event_types import EventType, SessionEndReason
from authsite.email_addresses import parse_email_address
from authsite.passwords.places import HashClient


def reset_password(work: UnitOfWork, link: ActiveLink, *, password: str) -> Credential:
    """Give the account this password, end its sessions and revoke its other links.

    Returns the new credential. All devices are forgotten; the caller remembers this one. The link
    verifies the email address. It starts no session: the password has yet to be entered (OWASP
    Forgot Password Cheat Sheet). Raises `WeakPassword`, `RateLimited` or `HashQueueFull`, which
    leave the link usable, or `InvalidLink`, also if the account has another email address by now.
    """
    validate_password(
        work,
        password,
        words_of(link.first_name, link.last_name, parse_email_address(link.owner_email)),
        counted_by={"new_password_account": link.user_id},
    )
    with work.hasher.slot(HashClient(work.client.network)) as slot:
        password_hash = work.hasher.hash(password, within=slot)
    user = lock_user(work.dbsession, link.user_id)
    consumed = consume_link(work, link)
    if user is None or user.email_normalized != consumed.email_normalized:
        raise InvalidLink
    user.password_hash, user.devices_valid_since = password_hash, work.now
    user.email_verified_at = user.email_verified_at or work.now
    end_sessions(work, user.id, SessionEndReason.PASSWORD_RESET)
    revoke_links(work.dbsession, user.id)
    notify_and_record(work, user, EventType.PASSWORD_RESET)
    credential = Credential.of(user)
    assert credential is not None  # noqa: S101 - the password was just set
    return credential
