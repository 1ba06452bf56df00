"""Finding the people who have an account."""

from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from authsite.models import User


@dataclass(frozen=True, slots=True)
class Credential:
    """Whose password it is, and its hash as it was when it was read."""

    user_id: str
    password_hash: str = field(repr=False)


def user_of_id(dbsession: Session, user_id: str) -> User | None:
    """Return the user with this id, or None."""
    return dbsession.get(User, user_id)


def credential_of_email_key(connection: Connection, email_key: str) -> Credential | None:
    """Return the password hash of the account with this address, or None."""
    row = connection.execute(
        sa.select(User.id, User.password_hash).where(User.email_key == email_key)
    ).one_or_none()
    return Credential(*row) if row else None
