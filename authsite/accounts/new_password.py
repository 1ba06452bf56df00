"""What a new password must be, on every page where one is chosen."""

from authsite.accounts.unit_of_work import UnitOfWork
from authsite.email_addresses import EmailAddress


class WeakPassword(Exception):
    """The password is refused; the message gives the reason, for the user."""


def validate_password(
    work: UnitOfWork, password: str, *, first_name: str, last_name: str, email: EmailAddress
) -> None:
    """Raise `WeakPassword` if this user must not have this password."""
    local_part, _, domain = email.normalized.partition("@")
    weakness = work.password_policy.explain_weakness(
        password,
        words=[first_name, last_name, email.original, local_part, domain.split(".")[0]],
    )
    if weakness:
        raise WeakPassword(weakness)
