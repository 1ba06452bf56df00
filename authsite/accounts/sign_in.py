"""Check a password, in the same way and time for known and unknown email addresses."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.accounts.unit_of_work import UnitOfWork
from authsite.accounts.users import Credential, get_credential_by_email, lock_user
from authsite.audit.event_types import AuthMethod
from authsite.email_addresses import InvalidEmailAddress, parse_email_address
from authsite.models import User
from authsite.models.base import UtcDateTime
from authsite.passwords.places import HashClient

_USERS = User.metadata.tables["authsite_user"]
_UNCHANGED = (
    _USERS.c.id == sa.bindparam("user_id"),
    _USERS.c.password_hash == sa.bindparam("current"),
    _USERS.c.delete_after.is_not_distinct_from(sa.bindparam("deletion", type_=UtcDateTime)),
    _USERS.c.suspended_at.is_(None),
)
# Exclusive, so that two simultaneous sign-ins count sessions and emails correctly; without the key,
# so that a failed attempt can be recorded meanwhile.
_LOCK = sa.select(_USERS.c.id).where(*_UNCHANGED).with_for_update(key_share=True)
_REPLACE = (
    sa.update(_USERS)
    .where(*_UNCHANGED)
    .values(password_hash=sa.bindparam("new"))
    .returning(_USERS.c.id)
)


class InvalidCredentials(Exception):
    """The email address or the password is wrong; users are not shown which (ASVS 6.3.8).

    `user_id` is the account whose password was wrong, for its history: None if there is no such
    account, or if a right credential has changed since it was read.
    """

    def __init__(self, user_id: str | None = None) -> None:
        super().__init__()
        self.user_id = user_id


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in whose credential was proven; the stages decide whether it starts a session.

    `email_normalized` names the account in the device cookie. `password` is given if the credential
    is not locked yet, and its hash may be outdated. `next_path` is where the user was going, a path
    of this site. `authenticated_at` is given if the credential was proven in an earlier request.
    """

    credential: Credential
    email_normalized: str
    password: str | None = field(default=None, repr=False)
    auth_method: AuthMethod = AuthMethod.PASSWORD
    public_computer: bool = False
    next_path: str | None = None
    authenticated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PasswordAttempt:
    """A password that was entered for an email address.

    `by_link` is true behind an email link for the account. With `must_be_verified`, the password of
    an unverified account is not compared: it counts as wrong.
    """

    email_normalized: str
    password: str = field(repr=False)
    by_link: bool = False
    must_be_verified: bool = False


def normalize_email(email: str) -> str:
    """Return the normalized form of what was entered, whether an account exists or not.

    Text that is no email address belongs to no account, but is looked up and counted as any other,
    in a form that no address has and that every database accepts.
    """
    try:
        return parse_email_address(email).normalized
    except InvalidEmailAddress:
        return ascii(email.casefold())


def verify_password(
    work: UnitOfWork,
    attempt: PasswordAttempt,
    *,
    read_device: Callable[[str | None], str | None],
) -> Credential:
    """Verify the password and return its credential, which may be of a suspended account.

    Raises `InvalidCredentials`, `RateLimited` or `HashQueueFull`. No transaction is open during the
    hash. An unknown email address costs a dummy hash of its own. A throttled request fails at once;
    otherwise the attempt is counted just before the hash, twice: as an attempt, and as a failure,
    which is refunded unless the password is wrong. `read_device` names a device that has signed in
    to this account before, by its password hash.
    """
    email_normalized = attempt.email_normalized
    credential = get_credential_by_email(work.credentials, email_normalized, now=work.now)
    user_id = credential.user_id if credential else None
    if attempt.must_be_verified and credential and not credential.email_verified_at:
        # A free address costs its dummy hash. Were the new hash verified after a sign-up, the
        # change of the time would show that the address was free.
        credential = None
    password_hash = credential.password_hash if credential else None
    device = read_device(password_hash)
    unlocked_at = credential.unlocked_at if credential else None
    failures, attempts = _subjects(work, attempt, device, unlocked_at=unlocked_at)
    subjects = {**failures, **attempts}
    work.throttles.check(subjects, now=work.now)
    with work.hasher.slot(HashClient(work.client.network, user_id if device else None)) as slot:
        hits = work.throttles.hit(subjects, now=work.now)
        failure_hits = [hit for hit in hits if hit.limit in failures]
        try:
            is_right = work.hasher.verify(
                password_hash, attempt.password, email_normalized=email_normalized, within=slot
            )
        except Exception:  # no password was compared
            work.throttles.refund(failure_hits)
            raise
    if not is_right or credential is None:
        raise InvalidCredentials(user_id)
    work.throttles.refund(failure_hits)
    return credential


def account_subjects(email_normalized: str) -> list[tuple[str, str]]:
    """Return the limits that attempts for this email address count by, apart from devices."""
    known, link = f"{email_normalized} known", f"{email_normalized} link"
    return [
        ("sign_in_account", email_normalized),
        ("sign_in_account", link),
        ("sign_in_attempts_account", email_normalized),
        ("sign_in_attempts_account", known),
        ("sign_in_attempts_account", link),
    ]


def _subjects(
    work: UnitOfWork,
    attempt: PasswordAttempt,
    device: str | None,
    *,
    unlocked_at: datetime | None,
) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return the subjects of the limits on failures, and of those on attempts of any result.

    Devices that the account knows are counted apart, by the account alone: attempts elsewhere, also
    in the same network, do not throttle its owner. So are attempts behind an email link, which
    cannot be guessed. No row has the names of an account's devices, so that unlocking the account
    gives them other subjects.
    """
    email_normalized, network = attempt.email_normalized, work.client.network
    if device:
        since = f" {unlocked_at.isoformat()}" if unlocked_at else ""
        failures = {"sign_in_device": f"{email_normalized} {device}{since}"}
        attempts = {"sign_in_attempts_account": f"{email_normalized} known"}
    elif attempt.by_link:
        failures = {"sign_in_account": f"{email_normalized} link"}
        attempts = {"sign_in_attempts_account": f"{email_normalized} link"}
    else:
        failures = {"sign_in_account": email_normalized, "sign_in_network": network}
        attempts = {
            "sign_in_attempts_account": email_normalized,
            "sign_in_attempts_network": network,
        }
    return failures, attempts


def lock_credential(dbsession: Session, credential: Credential) -> None:
    """Lock the user of a credential, and make sure that it is still valid.

    Between the read and the end of the hash the password may have changed, or the account may have
    been closed or suspended; then this raises `InvalidCredentials`.
    """
    if dbsession.execute(_LOCK, _as_read(credential)).one_or_none() is None:
        raise InvalidCredentials


def user_for_credential(dbsession: Session, credential: Credential) -> User:
    """Return the user of a credential that is still valid, locked for changes.

    Raises `InvalidCredentials`.
    """
    user = lock_user(dbsession, credential.user_id)
    as_read = (credential.password_hash, credential.delete_after)
    if user is None or user.suspended_at or (user.password_hash, user.delete_after) != as_read:
        raise InvalidCredentials
    return user


def replace_password_hash(dbsession: Session, credential: Credential, password_hash: str) -> None:
    """Replace the hash of a credential that was verified.

    If it has changed meanwhile, this changes nothing and raises `InvalidCredentials`.
    """
    values = {**_as_read(credential), "new": password_hash}
    if dbsession.execute(_REPLACE, values).one_or_none() is None:
        raise InvalidCredentials


def _as_read(credential: Credential) -> dict[str, Any]:
    return {
        "user_id": credential.user_id,
        "current": credential.password_hash,
        "deletion": credential.delete_after,
    }
