"""Signing in: whether a password belongs to an address, told in the same way and time for all."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.accounts.users import Credential, get_credential_by_email, lock_user
from authsite.db.compiled_select import CompiledSelect
from authsite.email_addresses import InvalidEmailAddress, parse_email_address
from authsite.models import User
from authsite.models.base import UtcDateTime
from authsite.passwords.hasher import PasswordHasher
from authsite.throttling.throttles import Throttles

_USERS = User.metadata.tables["authsite_user"]
_UNCHANGED = (
    _USERS.c.id == sa.bindparam("user_id"),
    _USERS.c.password_hash == sa.bindparam("seen"),
    _USERS.c.delete_after.is_not_distinct_from(sa.bindparam("closing", type_=UtcDateTime)),
    _USERS.c.suspended_at.is_(None),
)
# Exclusive, so that what is counted of two who sign in at once is counted right; but not against
# what only points here: a wrong password that is typed meanwhile is written down at once.
_HOLD = sa.select(_USERS.c.id).where(*_UNCHANGED).with_for_update(key_share=True)
_REPLACE = (
    sa.update(_USERS)
    .where(*_UNCHANGED)
    .values(password_hash=sa.bindparam("renewed"))
    .returning(_USERS.c.id)
)


class InvalidCredentials(Exception):
    """The address or the password is wrong; nobody is told which (ASVS 6.3.8).

    `user_id` is whose account was meant, for their history: None if nobody has it, or if it is no
    wrong password but a credential that stands no more.
    """

    def __init__(self, user_id: str | None = None) -> None:
        super().__init__()
        self.user_id = user_id


def normalize_email(email: str) -> str:
    """Return the key of the account that is meant, whether there is one or not.

    What is no address at all is nobody's account, and is looked up and counted as any other; in a
    form that no address has, and that every database takes.
    """
    try:
        return parse_email_address(email).normalized
    except InvalidEmailAddress:
        return ascii(email.casefold())


def verify_password(
    credentials: CompiledSelect,
    *,
    throttles: Throttles,
    hasher: PasswordHasher,
    account: str,
    password: str,
    network: str,
    read_device: Callable[[str | None], str | None],
    now: datetime,
) -> Credential:
    """Return whose password this is; raise `InvalidCredentials`, `Throttled` or `HashQueueFull`.

    The account may be frozen, which is for who has shown the password to know.

    No transaction is open while the hash is computed. An account that nobody has costs the same
    hash as a wrong password. Who is held up is told so at once; else a try is counted when its turn
    has come, before it is made, and given back unless the password is wrong. The tries of a browser
    that is known for the account and its hash (`read_device`) count by themselves, so that nobody
    else can hold it up; all others count by account and by network.
    """
    credential = get_credential_by_email(credentials, account)
    password_hash = credential.password_hash if credential else None
    device = read_device(password_hash)
    if device:
        tried = {"sign_in_device": f"{account} {device}"}
    else:
        tried = {"sign_in_account": account, "sign_in_network": network}
    throttles.check(tried, now=now)
    with hasher.slot() as slot:
        hits = throttles.hit(tried, now=now)
        try:
            matches = hasher.verify(password_hash, password, within=slot)
        except Exception:  # it was not compared
            throttles.refund(hits)
            raise
    if not matches or credential is None:
        raise InvalidCredentials(credential.user_id if credential else None)
    throttles.refund(hits)
    return credential


def lock_credential(dbsession: Session, credential: Credential) -> None:
    """Make sure that the credential still stands, until the transaction ends.

    Between the look and the hash the password may have been changed, or the account closed or
    frozen; then this raises `InvalidCredentials`.
    """
    if dbsession.execute(_HOLD, _as_it_was(credential)).one_or_none() is None:
        raise InvalidCredentials


def user_for_credential(dbsession: Session, credential: Credential) -> User:
    """Return the user of a credential that still stands, whom nobody else changes meanwhile.

    For what goes on to change the user, and has to hold it against all others from the start.
    Raises `InvalidCredentials`.
    """
    user = lock_user(dbsession, credential.user_id)
    as_judged = (credential.password_hash, credential.delete_after)
    if user is None or user.suspended_at or (user.password_hash, user.delete_after) != as_judged:
        raise InvalidCredentials
    return user


def replace_password_hash(dbsession: Session, credential: Credential, password_hash: str) -> None:
    """Put a hash with today's parameters in the place of the one that was verified.

    When the password was changed meanwhile, this changes nothing and raises `InvalidCredentials`.
    """
    values = {**_as_it_was(credential), "renewed": password_hash}
    if dbsession.execute(_REPLACE, values).one_or_none() is None:
        raise InvalidCredentials


def _as_it_was(credential: Credential) -> dict[str, Any]:
    return {
        "user_id": credential.user_id,
        "seen": credential.password_hash,
        "closing": credential.delete_after,
    }
