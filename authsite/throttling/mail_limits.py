"""How often somebody may have a mail sent to an address, whoever has it."""

from collections.abc import Sequence
from datetime import datetime

from authsite.throttling.throttles import CountedHit, RateLimited, Throttles


def hit_email(
    throttles: Throttles,
    kind: str,
    email_normalized: str,
    *,
    network: str | None = None,
    now: datetime,
) -> Sequence[CountedHit]:
    """Count a mail of this kind that somebody asks for, and return what was counted.

    Raises `Throttled` for one too many. `network` is given for what may go to addresses of others.
    To be called before the transaction that writes the mail begins.
    """
    tried = {"email_recipient": f"{kind} {email_normalized}"}
    if network is not None:
        tried["email_network"] = network
    throttles.check(tried, now=now)
    return throttles.hit(tried, now=now)


def try_hit_email(
    throttles: Throttles, kind: str, email_normalized: str, *, now: datetime
) -> Sequence[CountedHit] | None:
    """Do the same for flows that go on without the mail: None if it may not be written."""
    try:
        return hit_email(throttles, kind, email_normalized, now=now)
    except RateLimited:
        return None
