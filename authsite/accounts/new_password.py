"""What a new password has to be, at whichever page it is chosen."""

from authsite.email_addresses import EmailAddress
from authsite.passwords.policy import PasswordPolicy


class WeakPassword(Exception):
    """The password is not worth having; the message says why, in words for the person."""


def validate_password(
    policy: PasswordPolicy, password: str, *, first_name: str, last_name: str, email: EmailAddress
) -> None:
    """Raise `WeakPassword` if this person should not have this password."""
    local_part, _, domain = email.normalized.partition("@")
    weakness = policy.explain_weakness(
        password,
        words=[first_name, last_name, email.original, local_part, domain.split(".")[0]],
    )
    if weakness:
        raise WeakPassword(weakness)
