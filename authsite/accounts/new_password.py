"""What a new password must be, on every page where one is chosen."""

from collections.abc import Mapping, Sequence

from authsite.accounts.unit_of_work import UnitOfWork
from authsite.email_addresses import EmailAddress
from authsite.passwords.policy import PasswordPolicy


class WeakPassword(Exception):
    """The password is refused; the message gives the reason, for the user."""


def validate_password(
    work: UnitOfWork, password: str, words: Sequence[str], *, counted_by: Mapping[str, str]
) -> None:
    """Raise `WeakPassword` if the user of these words must not have it, or `RateLimited`.

    `counted_by` is the subject of a throttle. Every call is counted and none is refunded: nothing
    before the hash takes longer than the strength meter.
    """
    work.throttles.check(counted_by, now=work.now)
    work.throttles.hit(counted_by, now=work.now)
    refuse_weak_password(work.password_policy, password, words)


def refuse_weak_password(policy: PasswordPolicy, password: str, words: Sequence[str]) -> None:
    """Raise `WeakPassword` if the user of these words must not have this password."""
    weakness = policy.explain_weakness(password, words=words)
    if weakness:
        raise WeakPassword(weakness)


def words_of(first_name: str, last_name: str, email: EmailAddress) -> list[str]:
    """Return the words of a user that an attacker would guess first."""
    local_part, _, domain = email.normalized.partition("@")
    return [first_name, last_name, email.original, local_part, domain.split(".")[0]]
