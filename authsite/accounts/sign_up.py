"""Signing up: an account comes to be, once for each address."""

from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from authsite.accounts.new_password import refuse_weak_password
from authsite.accounts.throttles import Throttles
from authsite.accounts.users import Credential
from authsite.email_addresses import EmailAddress
from authsite.models import User
from authsite.password_policy import PasswordPolicy
from authsite.passwords import PasswordHasher
from authsite.tokens import new_id


class EmailTaken(Exception):
    """Somebody has an account with this address."""


def sign_up(
    dbsession: Session,
    *,
    throttles: Throttles,
    hasher: PasswordHasher,
    policy: PasswordPolicy,
    first_name: str,
    last_name: str,
    email: EmailAddress,
    password: str,
    network: str,
    now: datetime,
) -> Credential:
    """Add a user and return their credential.

    Raises `WeakPassword`, `EmailTaken`, `Throttled` or `HashQueueFull`.

    A sign-up counts from when nothing is wrong with it but, perhaps, the address: who tries which
    addresses are taken is held up like who makes many accounts. The password is hashed before the
    first statement of `dbsession`, so that nobody holds the write lock while a hash is computed.
    """
    refuse_weak_password(policy, password, first_name=first_name, last_name=last_name, email=email)
    tried = {"sign_up_network": network}
    throttles.look(tried, now=now)
    with hasher.turn() as turn:
        throttles.take(tried, now=now)
        password_hash = hasher.hash(password, within=turn)
    user = User(
        id=new_id(),
        first_name=first_name,
        last_name=last_name,
        email=email.typed,
        email_key=email.key,
        password_hash=password_hash,
        created_at=now,
    )
    try:
        with dbsession.begin_nested():
            dbsession.add(user)
    except IntegrityError as error:
        # Two sign-ups at the same moment both find the address free; the constraint decides.
        if "email_key" not in str(error.orig):
            raise
        raise EmailTaken from error
    return Credential(user.id, password_hash)
