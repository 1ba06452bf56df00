"""Rate limits of emails that visitors request, and of those to unverified email addresses."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.engine import Connection

from authsite.throttling.throttles import CountedHit, RateLimited, Throttles

#: The template that verifies an email address; it is sent to unverified ones only.
VERIFY_EMAIL = "verify_email"


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
    mailbox = _without_tag(email_normalized)
    subjects = {"email_recipient": f"{template} {mailbox}"}
    if template == VERIFY_EMAIL:
        subjects["email_unverified"] = mailbox
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


def may_email_unverified(throttles: Throttles, email_normalized: str, *, now: datetime) -> bool:
    """Count an email as if its address were unverified; return whether it may then be sent.

    For flows whose answer must not show whether an email address is verified. They count each one
    before their transaction, and ignore the result for a verified one.
    """
    try:
        throttles.hit({"email_unverified": _without_tag(email_normalized)}, now=now)
    except RateLimited:
        return False
    return True


def may_notify_unverified(
    throttles: Throttles, connection: Connection, email_normalized: str, *, now: datetime
) -> bool:
    """Count an email to an unverified email address in the transaction that writes it."""
    try:
        throttles.hit_within(
            connection, {"email_unverified": _without_tag(email_normalized)}, now=now
        )
    except RateLimited:
        return False
    return True


def _without_tag(email_normalized: str) -> str:
    """Return the email without its plus tag: `ada@example.com` for `ada+1@example.com`.

    Most providers deliver both to one mailbox. For limits only: they are different accounts.
    """
    local_part, at, domain = email_normalized.rpartition("@")
    return f"{local_part.partition('+')[0] or local_part}{at}{domain}"
