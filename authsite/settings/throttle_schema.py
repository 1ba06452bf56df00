"""Settings of throttles."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from authsite.settings.fields import setting
from authsite.settings.parsers import rate_limits
from authsite.throttling.limits import RateLimit


def _limit(meaning: str, *default: RateLimit) -> Any:
    return setting(rate_limits, meaning, default)


#: An attacker gets 13 attempts in five minutes, at most 79 on the first day, then 24 a day.
GUESS_LIMITS = (
    RateLimit(10, timedelta(minutes=5), max_delay=timedelta(hours=1)),
    RateLimit(50, timedelta(days=1), max_delay=timedelta(hours=1)),
)


@dataclass(frozen=True, kw_only=True)
class ThrottleSettings:
    """Rate limits. Each field is a name that attempts are counted by."""

    sign_in_account: tuple[RateLimit, ...] = _limit(
        "Failed sign-ins per email, registered or not, from browsers that have not signed in to "
        "its account before.",
        *GUESS_LIMITS,
    )
    sign_in_device: tuple[RateLimit, ...] = _limit(
        "Failed sign-ins per browser that has signed in to the account before. Failed attempts "
        "elsewhere do not count, and the limits per network do not apply to it.",
        *GUESS_LIMITS,
    )
    sign_in_network: tuple[RateLimit, ...] = _limit(
        "Failed sign-ins per network: an IPv4 address, or an IPv6 /64.",
        RateLimit(30, timedelta(minutes=5)),
    )
    sign_in_attempts_account: tuple[RateLimit, ...] = _limit(
        "Passwords entered per account, right or wrong. Browsers that have signed in to the "
        "account before have a count of their own.",
        RateLimit(60, timedelta(minutes=5)),
    )
    sign_in_attempts_network: tuple[RateLimit, ...] = _limit(
        "Passwords entered per network, right or wrong, from browsers that have not signed in to "
        "the account before.",
        RateLimit(120, timedelta(minutes=5)),
    )
    sign_up_network: tuple[RateLimit, ...] = _limit(
        "Sign-ups per network: an IPv4 address, or an IPv6 /64.", RateLimit(20, timedelta(hours=1))
    )
    new_password_network: tuple[RateLimit, ...] = _limit(
        "Passwords chosen at sign-up, weak ones included, per network: an IPv4 address, or an IPv6 "
        "/64.",
        RateLimit(100, timedelta(hours=1)),
    )
    new_password_account: tuple[RateLimit, ...] = _limit(
        "Passwords chosen when changing or resetting, weak ones included, per account.",
        RateLimit(30, timedelta(hours=1)),
    )
    email_recipient: tuple[RateLimit, ...] = _limit(
        "Requested emails of one type per email address, registered or not. Plus tags are ignored.",
        RateLimit(1, timedelta(minutes=3)),
        RateLimit(5, timedelta(days=1)),
    )
    email_unverified: tuple[RateLimit, ...] = _limit(
        "Emails of all types per unverified email address, registered or not. Plus tags are "
        "ignored. Further emails are not sent.",
        RateLimit(6, timedelta(days=1)),
    )
    email_network: tuple[RateLimit, ...] = _limit(
        "Requested emails per network: an IPv4 address, or an IPv6 /64.",
        RateLimit(20, timedelta(hours=1)),
    )
    export_account: tuple[RateLimit, ...] = _limit(
        "Downloads of the history and of all data, per account.",
        RateLimit(4, timedelta(hours=1)),
    )
    export_running: tuple[RateLimit, ...] = _limit(
        "Downloads of an account at the same time. A finished one no longer counts.",
        RateLimit(1, timedelta(minutes=5)),
    )
    email_link_account: tuple[RateLimit, ...] = _limit(
        "Failed attempts to use email links, per account and email address.",
        RateLimit(10, timedelta(hours=1)),
    )
