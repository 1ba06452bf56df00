"""Mail: emails can be sent, come from the right domain, and do leave the outbox."""

import contextlib
import dataclasses
import time
from datetime import timedelta

import sqlalchemy as sa

from authsite.clock import utc_now
from authsite.doctor.certificates import certificate_expiry, report_expiry
from authsite.doctor.finding import Finding, fail, ok, warn
from authsite.doctor.subject import Subject
from authsite.mail.errors import Misconfigured, ServerUnavailable
from authsite.mail.server import mail_server
from authsite.mail.status import count_messages, count_undecryptable
from authsite.models import OutboxMessage

#: A worker takes a message within seconds.
_LATE, _TOO_LATE = timedelta(minutes=15), timedelta(hours=6)
#: Mail servers that defer unknown senders accept them within minutes.
_DEFERRED_LONG = timedelta(hours=2)
_MESSAGE = OutboxMessage.__table__.c
_DUE = sa.select(sa.func.min(_MESSAGE.next_attempt_at))
_DEFERRED = sa.select(sa.func.count(), sa.func.min(_MESSAGE.send_at)).where(
    _MESSAGE.next_attempt_at.is_not(None), _MESSAGE.last_error.is_not(None)
)


def server(subject: Subject) -> Finding:
    """The mail server can be reached, shows a valid certificate and accepts the sign-in."""
    found = mail_server(subject.settings)
    if found is None:
        return ok("In development, /dev/mail shows the emails.")
    timeout = min(found.mail.timeout, timedelta(seconds=subject.timeout))
    started = time.perf_counter()
    try:
        smtp = found._replace(mail=dataclasses.replace(found.mail, timeout=timeout)).open()
    except Misconfigured as error:
        return fail(f"{found.host} cannot be used: {error}", "Fix that setting (docs/mail.md).")
    except ServerUnavailable as error:
        return fail(f"{found.host} cannot be used: {error}")
    with contextlib.closing(smtp):
        milliseconds = (time.perf_counter() - started) * 1000
        expires = certificate_expiry(smtp.sock)
        with contextlib.suppress(OSError):
            smtp.quit()
    message = f"{found.host} accepts emails in {milliseconds:.0f} ms"
    if expires is None:
        return ok(f"{message}, without TLS, on this machine.")
    return report_expiry(message, expires)


def sender(subject: Subject) -> Finding:
    """Emails come from the domain of the site."""
    site = subject.settings.host
    email = subject.settings.sender
    domain = email.rpartition("@")[2]
    if f".{site}".endswith(f".{domain}") or domain.endswith(f".{site}"):
        return ok(f"Emails come from {email}. SPF and DKIM are not checked.")
    return warn(f"Emails of {site} come from {email}, which is in another domain.")


def outbox(subject: Subject) -> Finding:
    """No message in the outbox is overdue."""
    if subject.in_development and subject.settings.mail.host is None:
        return ok("In development, /dev/mail shows the emails.")
    with subject.read_only_engine.connect() as connection:
        due = connection.execute(_DUE).scalar_one()
        counts = count_messages(connection)
    states = ", ".join(f"{counts[state]} {state}" for state in ("waiting", "deferred", "failed"))
    late = utc_now() - due if due else timedelta()
    if late <= _LATE:
        return ok(f"Messages: {states}.")
    report = fail if late > _TOO_LATE else warn
    return report(f"Messages: {states}. No worker took one due since {due:%Y-%m-%d %H:%M}Z.")


def deferred(subject: Subject) -> Finding:
    """No email has been deferred by its mail server for more than two hours."""
    long_ago = utc_now() - _DEFERRED_LONG
    with subject.read_only_engine.connect() as connection:
        number, oldest = connection.execute(_DEFERRED.where(_MESSAGE.send_at < long_ago)).one()
    if not number:
        return ok("No email has been deferred for long.")
    return warn(f"Deferred for hours: {number}, the oldest since {oldest:%Y-%m-%d %H:%M}Z.")


def decryption(subject: Subject) -> Finding:
    """Every waiting message can be decrypted."""
    with subject.read_only_engine.connect() as connection:
        lost = count_undecryptable(connection, subject.services.message_cipher)
    if lost:
        return fail(f"{lost} waiting messages were encrypted with an unknown secret.")
    return ok("The secrets of all waiting messages are configured.")
