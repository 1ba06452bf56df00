"""What a new password must be, on every page where one is chosen."""

from authsite.accounts.unit_of_work import UnitOfWork
from authsite.email_addresses import EmailAddress
from authsite.passwords.policy import PasswordPolicy


class WeakPassword(Exception):
    """The password is refused; the message gives the reason, for the user."""


def validate_password(
    work: UnitOfWork, password: str, *, first_name: str, last_name: str, email: EmailAddress
) -> None:
    """Raise `WeakPassword` if this user must not have this password, or `RateLimited`.

    Every call counts, and none is refunded: the strength meter takes longer than anything else
    before the hash, so a network gets as many answers of it as the limit allows.
    """
    subjects = {"new_password_network": work.client.network}
    work.throttles.check(subjects, now=work.now)
    work.throttles.hit(subjects, now=work.now)
    refuse_weak_password(
        work.password_policy, password, first_name=first_name, last_name=last_name, email=email
    )


def refuse_weak_password(
    policy: PasswordPolicy, password: str, *, first_name: str, last_name: str, email: EmailAddress
) -> None:
    """Raise `WeakPassword` if this user must not have this password."""
    local_part, _, domain = email.normalized.partition("@")
    weakness = policy.explain_weakness(
        password,
        words=[first_name, last_name, email.original, local_part, domain.split(".")[0]],
    )
    if weakness:
        raise WeakPassword(weakness)
