"""Signing in: whether a password belongs to an address, told in the same way and time for all."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.accounts.users import Credential, credential_of_email_key
from authsite.compiled_select import CompiledSelect
from authsite.email_addresses import InvalidEmailAddress, parse_email_address
from authsite.models import User
from authsite.passwords import PasswordHasher

_USERS = User.metadata.tables["user"]
_UNCHANGED = (
    _USERS.c.id == sa.bindparam("user_id"),
    _USERS.c.password_hash == sa.bindparam("seen"),
)
_HOLD = sa.select(_USERS.c.id).where(*_UNCHANGED).with_for_update(read=True)
_REPLACE = (
    sa.update(_USERS)
    .where(*_UNCHANGED)
    .values(password_hash=sa.bindparam("renewed"))
    .returning(_USERS.c.id)
)


class WrongCredentials(Exception):
    """The address or the password is wrong; nobody is told which (ASVS 6.3.8)."""


def check_password(
    credentials: CompiledSelect, *, hasher: PasswordHasher, email: str, password: str
) -> Credential:
    """Return whose password this is; raise `WrongCredentials` or `HashQueueFull`.

    No transaction is open while the hash is computed. An address that nobody has, or that is none,
    costs the same hash as a wrong password.
    """
    try:
        email_key = parse_email_address(email).key
    except InvalidEmailAddress:
        email_key = ""  # nobody's; looked up all the same, so that this takes as long
    credential = credential_of_email_key(credentials, email_key)
    password_hash = credential.password_hash if credential else None
    if not hasher.matches(password_hash, password) or credential is None:
        raise WrongCredentials
    return credential


def hold_credential(dbsession: Session, credential: Credential) -> None:
    """Make sure that the credential still stands, until the transaction ends.

    Between the look and the hash the password may have been changed or the account closed; then
    this raises `WrongCredentials`.
    """
    if dbsession.execute(_HOLD, _as_it_was(credential)).one_or_none() is None:
        raise WrongCredentials


def replace_password_hash(dbsession: Session, credential: Credential, password_hash: str) -> None:
    """Put a hash with today's parameters in the place of the one that was verified.

    When the password was changed meanwhile, this changes nothing and raises `WrongCredentials`.
    """
    values = {**_as_it_was(credential), "renewed": password_hash}
    if dbsession.execute(_REPLACE, values).one_or_none() is None:
        raise WrongCredentials


def _as_it_was(credential: Credential) -> dict[str, str]:
    return {"user_id": credential.user_id, "seen": credential.password_hash}
