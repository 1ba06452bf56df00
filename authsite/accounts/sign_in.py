"""Signing in: whether a password belongs to an address, told in the same way and time for all."""

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from authsite.accounts.users import Credential, credential_of_email_key
from authsite.email_addresses import InvalidEmailAddress, parse_email_address
from authsite.models import User
from authsite.passwords import PasswordHasher


class WrongCredentials(Exception):
    """The address or the password is wrong; nobody is told which (ASVS 6.3.8)."""


def check_password(
    reading: Engine, *, hasher: PasswordHasher, email: str, password: str
) -> Credential:
    """Return whose password this is; raise `WrongCredentials` or `HashQueueFull`.

    No transaction is open while the hash is computed. An address that nobody has, or that is none,
    costs the same hash as a wrong password.
    """
    try:
        email_key = parse_email_address(email).key
    except InvalidEmailAddress:
        email_key = ""  # nobody's; looked up all the same, so that this takes as long
    with reading.connect() as connection:
        credential = credential_of_email_key(connection, email_key)
    password_hash = credential.password_hash if credential else None
    if not hasher.matches(password_hash, password) or credential is None:
        raise WrongCredentials
    return credential


def hold_credential(dbsession: Session, credential: Credential) -> None:
    """Make sure that the credential still stands, until the transaction ends.

    Between the look and the hash the password may have been changed or the account closed; then
    this raises `WrongCredentials`.
    """
    standing = dbsession.execute(
        sa.select(User.id)
        .where(User.id == credential.user_id, User.password_hash == credential.password_hash)
        .with_for_update(read=True)
    ).one_or_none()
    if standing is None:
        raise WrongCredentials


def replace_password_hash(dbsession: Session, credential: Credential, password_hash: str) -> None:
    """Put a hash with today's parameters in the place of the one that was verified.

    When the password was changed meanwhile, this changes nothing and raises `WrongCredentials`.
    """
    replaced = dbsession.execute(
        sa.update(User)
        .where(User.id == credential.user_id, User.password_hash == credential.password_hash)
        .values(password_hash=password_hash)
        .returning(User.id)
    ).one_or_none()
    if replaced is None:
        raise WrongCredentials
