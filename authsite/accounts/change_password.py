"""Change a password that the user knows, which ends every other session."""

from dataclasses import replace

from authsite.accounts.email_links import Purpose, revoke_links
from authsite.accounts.end_sessions import end_sessions
from authsite.accounts.new_password import WeakPassword
from authsite.accounts.notices import notify_and_record
from authsite.accounts.sign_in import InvalidCredentials, replace_password_hash
from authsite.accounts.unit_of_work import UnitOfWork
from authsite.accounts.users import Credential, get_user
from authsite.audit.event_types import EventType, SessionEndReason
from authsite.models import User
from authsite.passwords.hasher import normalized
from authsite.passwords.places import HashClient


class PasswordChangedConcurrently(Exception):
    """The password was changed after it was verified; the earlier change stands."""


def refuse_same_password(new: str, *, current: str) -> None:
    """Raise `WeakPassword` if nothing would change."""
    if normalized(new) == normalized(current):
        raise WeakPassword("This is already your password. Choose another one.")


def change_password(
    work: UnitOfWork, credential: Credential, password: str, *, session_id: str
) -> Credential:
    """Replace the password of a credential that was verified; return the new credential.

    Every session ends except this one (ASVS 7.4.3), which the caller gives a new secret. All
    devices are forgotten, and the caller remembers this one. Links that lead into the account are
    revoked, and the user is notified (ASVS 6.3.7). Links that verify the current email address are
    kept: they do not depend on the password. The password is hashed before the first statement.
    Raises `PasswordChangedConcurrently` or `HashQueueFull`.
    """
    # The password was verified a moment ago, so this hash may use the places of known devices.
    with work.hasher.slot(HashClient(work.client.network, credential.user_id)) as slot:
        password_hash = work.hasher.hash(password, within=slot)
    changed = replace(credential, password_hash=password_hash, devices_valid_since=work.now)
    try:
        replace_password_hash(work.dbsession, credential, changed.password_hash)
    except InvalidCredentials as error:
        raise PasswordChangedConcurrently from error
    end_sessions(work, credential.user_id, SessionEndReason.PASSWORD_CHANGED, except_=session_id)
    kept = (Purpose.SECURE_ACCOUNT, Purpose.VERIFY_EMAIL)
    revoke_links(work.dbsession, credential.user_id, except_=kept)
    user = get_user(work.dbsession, credential.user_id)
    assert isinstance(user, User)  # noqa: S101 - its row was just updated
    user.devices_valid_since = changed.devices_valid_since
    notify_and_record(work, user, EventType.PASSWORD_CHANGED)
    return changed
