"""Rate limits of emails that visitors request, and of those to unverified email addresses.

A hit has a transaction of its own, before that of the email, and is refunded if that one aborts.
"""

from collections.abc import Iterable, Mapping, Sequence

from authsite.accounts.unit_of_work import UnitOfWork
from authsite.throttling.throttles import CountedHit

#: The template that verifies an email address; it is sent to unverified ones only.
VERIFY_EMAIL = "verify_email"
#: What emails that administrators send are counted by. Anyone can request a password reset, and
#: could otherwise use up the limit of a user who needs help.
RESET_BY_ADMINISTRATORS = "reset_password_by_administrators"
VERIFY_BY_ADMINISTRATORS = "verify_email_by_administrators"


def hit_email(
    work: UnitOfWork, template: str, email_normalized: str, *, network: str | None = None
) -> None:
    """Count a requested email with this template; raise `RateLimited` at the limit.

    Pass `network` for emails that can go to addresses of other people. Call it before the
    transaction that writes the email begins.
    """
    subjects = _subjects(template, email_normalized)
    if network is not None:
        subjects["email_network"] = network
    work.throttles.check(subjects, now=work.now)
    work.refund_on_abort(work.throttles.hit(subjects, now=work.now))


def try_hit_email(
    work: UnitOfWork, template: str, email_normalized: str
) -> Sequence[CountedHit] | None:
    """Count a requested email and return the hits, or None at the limit.

    It executes the same statements in both cases. Call it before the transaction that writes the
    email begins.
    """
    return _try_hit(work, _subjects(template, email_normalized))


def hit_email_within(work: UnitOfWork, template: str, email_normalized: str) -> bool:
    """Count a requested email in the transaction that writes it; return whether it is allowed.

    It executes the same statements in both cases. Beyond the limit the caller undoes them.
    """
    return _hit_within(work, _subjects(template, email_normalized))


def may_email_unverified(work: UnitOfWork, email_normalized: str) -> bool:
    """Count an email as if its address were unverified; return whether it may then be sent.

    For flows whose answer must not show whether an email address is verified. They count each one
    before their transaction, and ignore the result for a verified one.
    """
    return _try_hit(work, {"email_unverified": _without_tag(email_normalized)}) is not None


def may_notify_unverified(work: UnitOfWork, email_normalized: str) -> bool:
    """Count an email to an unverified email address in the transaction that writes it."""
    return _hit_within(work, {"email_unverified": _without_tag(email_normalized)})


def email_subjects(templates: Iterable[str], email_normalized: str) -> list[tuple[str, str]]:
    """Return the limits that emails with these templates to this address count by."""
    mailbox = _without_tag(email_normalized)
    recipients = [("email_recipient", _recipient(template, mailbox)) for template in templates]
    return [*recipients, ("email_unverified", mailbox)]


def _try_hit(work: UnitOfWork, subjects: Mapping[str, str]) -> Sequence[CountedHit] | None:
    hits = work.throttles.try_hit(subjects, now=work.now)
    work.refund_on_abort(hits or ())
    return hits


def _hit_within(work: UnitOfWork, subjects: Mapping[str, str]) -> bool:
    return (
        work.throttles.hit_within(work.dbsession.connection(), subjects, now=work.now) is not None
    )


def _subjects(template: str, email_normalized: str) -> dict[str, str]:
    mailbox = _without_tag(email_normalized)
    subjects = {"email_recipient": _recipient(template, mailbox)}
    if template == VERIFY_EMAIL:
        subjects["email_unverified"] = mailbox
    return subjects


def _recipient(template: str, mailbox: str) -> str:
    return f"{template} {mailbox}"


def _without_tag(email_normalized: str) -> str:
    """Return the email without its plus tag: `ada@example.com` for `ada+1@example.com`.

    Most providers deliver both to one mailbox. For limits only: they are different accounts.
    """
    local_part, at, domain = email_normalized.rpartition("@")
    return f"{local_part.partition('+')[0] or local_part}{at}{domain}"
