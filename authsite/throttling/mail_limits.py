"""Rate limits of emails that visitors can request."""

from collections.abc import Sequence
from datetime import datetime

from authsite.throttling.throttles import CountedHit, RateLimited, Throttles


def hit_email(
    throttles: Throttles,
    template: str,
    email_normalized: str,
    *,
    network: str | None = None,
    now: datetime,
) -> Sequence[CountedHit]:
    """Count a requested email with this template, and return the hits; raise `RateLimited`.

    Pass `network` for emails that can go to addresses of other people. Call it before the
    transaction that writes the email begins.
    """
    subjects = {"email_recipient": f"{template} {email_normalized}"}
    if network is not None:
        subjects["email_network"] = network
    throttles.check(subjects, now=now)
    return throttles.hit(subjects, now=now)


def try_hit_email(
    throttles: Throttles, template: str, email_normalized: str, *, now: datetime
) -> Sequence[CountedHit] | None:
    """Count a requested email as `hit_email` does; return None at the limit."""
    try:
        return hit_email(throttles, template, email_normalized, now=now)
    except RateLimited:
        return None
