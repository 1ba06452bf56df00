"""Create an account on behalf of an operator."""

from authsite.accounts.sign_up import add_user
from authsite.accounts.unit_of_work import UnitOfWork
from authsite.audit.event_types import EventType
from authsite.email_addresses import EmailAddress
from authsite.models import User
from authsite.tokens import new_id


def create_user(
    work: UnitOfWork,
    *,
    first_name: str,
    last_name: str,
    email: EmailAddress,
    password_hash: str | None,
) -> User:
    """Add an account and return its user; raise `EmailTaken`, also if the address is reserved.

    Without a hash, the user cannot sign in until they set a password by a link.
    """
    user = User(
        id=new_id(),
        first_name=first_name,
        last_name=last_name,
        email=email.original,
        email_normalized=email.normalized,
        password_hash=password_hash,
        created_at=work.now,
    )
    add_user(work, user, EventType.ACCOUNT_CREATED)
    return user
