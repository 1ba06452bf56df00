"""Whether mails can leave, and do."""

import contextlib
import dataclasses
import time
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import sqlalchemy as sa

from authsite.checks.finding import Finding, doubtful, fine, wrong
from authsite.checks.setup import Setup
from authsite.clock import utc_now
from authsite.mail.errors import Misconfigured, ServerUnavailable
from authsite.mail.server import end_of_certificate, mail_server
from authsite.mail.status import count_messages
from authsite.models import OutboxMessage

#: A certificate that nobody renewed this long before its end will not be.
_RENEWED_BEFORE = timedelta(days=14)
#: A message that is due is taken within seconds.
_LATE, _TOO_LATE = timedelta(minutes=15), timedelta(hours=6)
_MESSAGE = OutboxMessage.metadata.tables["authsite_outbox_message"]


def server(setup: Setup) -> Iterator[Finding]:
    """It can be reached, secured by a valid certificate, and signed in to. Nothing is sent."""
    found = mail_server(setup.settings)
    if found is None:
        yield fine("in development mails are kept for /dev/mail")
        return
    patience = timedelta(seconds=setup.patience)
    brief = dataclasses.replace(found.mail, timeout=min(found.mail.timeout, patience))
    begun = time.perf_counter()
    try:
        smtp = found._replace(mail=brief).open()
    except Misconfigured as error:
        yield wrong(f"{found.host} cannot be used: {error}", "mend that setting (docs/mail.md)")
        return
    except ServerUnavailable as error:
        yield wrong(
            f"{found.host} cannot be used: {error}",
            "see that host, port and authsite.mail.security are right, and that the service gets "
            "there (firewall, IPAddressAllow)",
        )
        return
    try:
        took = time.perf_counter() - begun
        ends = end_of_certificate(smtp)
        with contextlib.suppress(OSError):
            smtp.quit()
    finally:
        smtp.close()
    seen = f"{found.host} takes mails in {took * 1000:.0f} ms"
    if ends is None:
        yield fine(f"{seen}, without TLS, on this machine")
    elif ends - utc_now() < _RENEWED_BEFORE:
        yield doubtful(f"{seen}; its certificate ends on {ends:%Y-%m-%d}", "have it renewed")
    else:
        yield fine(f"{seen}; its certificate is good until {ends:%Y-%m-%d}")


def sender(setup: Setup) -> Iterator[Finding]:
    """Mails come from the domain that the site is in, so that they are believed."""
    services = urlsplit(setup.settings.site.url).hostname or ""
    address = setup.settings.sender
    domain = address.rpartition("@")[2]
    if f".{services}".endswith(f".{domain}") or domain.endswith(f".{services}"):
        yield fine(f"mails come from {address}; SPF and DKIM are for its domain to say")
    else:
        yield doubtful(
            f"mails of {services} come from {address}, of another domain",
            "set authsite.mail.sender, if that was not meant; SPF and DKIM are needed there",
        )


def outbox(setup: Setup) -> Iterator[Finding]:
    """No message is due for long: somebody delivers."""
    if setup.in_development and setup.settings.mail.host is None:
        yield fine("in development mails wait for /dev/mail")
        return
    due = sa.select(sa.func.min(_MESSAGE.c.next_attempt_at))
    with setup.looking.connect() as connection:
        oldest = connection.execute(due).scalar_one()
        counts = count_messages(connection)
    seen = f"{counts['waiting']} wait, {counts['put off']} put off, {counts['given up']} given up"
    late = utc_now() - oldest if oldest else timedelta()
    if late > _LATE:
        tell = wrong if late > _TOO_LATE else doubtful
        yield tell(
            f"{seen}; one is due since {oldest:%Y-%m-%d %H:%M}Z, and nobody has taken it",
            "start the site, or `authsite deliver` if authsite.mail.deliver_in_process is no; "
            "`authsite outbox` says why the others wait",
        )
    else:
        yield fine(seen)
