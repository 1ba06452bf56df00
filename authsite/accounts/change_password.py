"""Changing a password that is known, which ends every other session."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from authsite.accounts.email_links import Purpose, revoke_links
from authsite.accounts.end_sessions import end_sessions
from authsite.accounts.new_password import WeakPassword
from authsite.accounts.notices import notify_and_record
from authsite.accounts.outbox import Outbox
from authsite.accounts.sign_in import InvalidCredentials, replace_password_hash
from authsite.accounts.users import Credential, get_user
from authsite.audit.event_types import EventType, SessionEndReason
from authsite.audit.recorder import AuditLog
from authsite.models import User
from authsite.passwords.hasher import PasswordHasher, normalized

#: What somebody may have asked for who knew the old password, and could still follow. Links that
#: prove the present address say nothing about the password, and stay.
_VOID = [Purpose.RESET_PASSWORD, Purpose.CHANGE_EMAIL, Purpose.KEEP_ACCOUNT]


class PasswordChangedConcurrently(Exception):
    """The password was changed after it was verified; the change that came first stands."""


def refuse_same_password(new: str, *, current: str) -> None:
    """Raise `WeakPassword` if nothing would change."""
    if normalized(new) == normalized(current):
        raise WeakPassword("This is already your password. Choose another one.")


def change_password(
    dbsession: Session,
    credential: Credential,
    password: str,
    *,
    session_id: str,
    hasher: PasswordHasher,
    audit: AuditLog,
    outbox: Outbox,
    revert_lifetime: timedelta,
    now: datetime,
) -> Credential:
    """Replace the password of the credential, which was verified, and return the new credential.

    All sessions end but the one that asks (ASVS 7.4.3), which is to get another secret; links that
    lead into the account are void, and its owner is told (ASVS 6.3.7). The password is hashed
    before the first statement of `dbsession`. Raises `PasswordChangedConcurrently` or `HashQueueFull`.
    """
    renewed = replace(credential, password_hash=hasher.hash(password))
    try:
        replace_password_hash(dbsession, credential, renewed.password_hash)
    except InvalidCredentials as error:
        raise PasswordChangedConcurrently from error
    end_sessions(
        dbsession,
        credential.user_id,
        except_=session_id,
        audit=audit,
        why=SessionEndReason.PASSWORD_CHANGED,
        now=now,
    )
    revoke_links(dbsession, credential.user_id, _VOID)
    user = get_user(dbsession, credential.user_id)
    assert isinstance(user, User)  # noqa: S101 - whose row was written just now
    notify_and_record(
        dbsession,
        user,
        EventType.PASSWORD_CHANGED,
        audit=audit,
        outbox=outbox,
        revert_lifetime=revert_lifetime,
        now=now,
    )
    return renewed
