"""How often somebody may have a mail sent to an address, whoever has it."""

from collections.abc import Sequence
from datetime import datetime

from authsite.throttling.throttles import Hit, Throttled, Throttles


def count_mail(
    throttles: Throttles, kind: str, email_key: str, *, network: str | None = None, now: datetime
) -> Sequence[Hit]:
    """Count a mail of this kind that somebody asks for, and return what was counted.

    Raises `Throttled` for one too many. `network` is given for what may go to addresses of others.
    To be called before the transaction that writes the mail begins.
    """
    tried = {"mail_address": f"{kind} {email_key}"}
    if network is not None:
        tried["mail_network"] = network
    throttles.look(tried, now=now)
    return throttles.take(tried, now=now)


def may_mail(
    throttles: Throttles, kind: str, email_key: str, *, now: datetime
) -> Sequence[Hit] | None:
    """Do the same for flows that go on without the mail: None if it may not be written."""
    try:
        return count_mail(throttles, kind, email_key, now=now)
    except Throttled:
        return None
