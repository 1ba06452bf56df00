"""Making an account for somebody, as those who run the site do."""

from datetime import datetime

from sqlalchemy.orm import Session

from authsite.accounts.sign_up import add_user
from authsite.audit.event_types import EventType
from authsite.audit.recorder import AuditLog
from authsite.email_addresses import EmailAddress
from authsite.models import User
from authsite.tokens import new_id


def create_user(
    dbsession: Session,
    *,
    first_name: str,
    last_name: str,
    email: EmailAddress,
    password_hash: str | None,
    email_verified_at: datetime | None,
    audit: AuditLog,
    now: datetime,
) -> User:
    """Add an account and return it; raise `EmailTaken`, also when the address is reserved.

    Without a hash nobody signs in until a password is chosen by a link.
    """
    user = User(
        id=new_id(),
        first_name=first_name,
        last_name=last_name,
        email=email.original,
        email_normalized=email.normalized,
        password_hash=password_hash,
        email_verified_at=email_verified_at,
        created_at=now,
    )
    add_user(dbsession, user, kind=EventType.ACCOUNT_CREATED, audit=audit, now=now)
    return user
