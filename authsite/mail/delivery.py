"""Delivering what is due: each message is taken, sent, and marked with what became of it."""

import logging
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from authsite.clock import utc_now
from authsite.db.engines import DATABASE_UNAVAILABLE, Database
from authsite.mail.errors import DeliveryError, Misconfigured, PermanentRefusal, ServerUnavailable
from authsite.mail.mime import as_email
from authsite.mail.outbox import TRIED_FOR, LeasedMessage, fail, lease_, mark_delivered, reschedule
from authsite.mail.server import MailServer
from authsite.mail.smtp import SmtpSession

log = logging.getLogger(__name__)

#: A message takes up to thirteen answers: to RSET on a connection that has ended, then connection,
#: greeting, EHLO, STARTTLS, handshake, EHLO, two steps of AUTH, MAIL, RCPT, DATA and its end. A
#: lease lasts as long as all of them together may.
ANSWERS = 13
#: Seconds before a database is asked again that was away.
_REST = 0.5


@dataclass(slots=True)
class DeliveryResult:
    """How many messages ended how; `server_unavailable` says why the rest was not tried."""

    delivered: int = 0
    reschedule: int = 0
    given_up: int = 0
    server_unavailable: str | None = None


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """How messages get from the outbox to the server.

    No transaction is open while the server is talked to, so that one that hangs holds up nothing
    but the messages behind. Any number of threads and processes may deliver at the same time.
    """

    database: Database
    server: MailServer
    sender: str
    sender_name: str

    def deliver_due(self, *, now: datetime, is_over: Callable[[], bool]) -> DeliveryResult:
        """Deliver what is due by `now`, until nothing is, the server is away, or it is over."""
        ended = DeliveryResult()
        with SmtpSession(self.server) as conversation:
            while ended.server_unavailable is None and not is_over():
                message = self._claim(due_by=now)
                if message is None:
                    break
                try:
                    self._send(message, conversation)
                except DeliveryError as why:
                    self._keep(message, why, ended)
                else:
                    self._write_down(message, mark_delivered)
                    log.info("sys_mail_delivered: %s", _named(message))
                    ended.delivered += 1
        return ended

    def _claim(self, *, due_by: datetime) -> LeasedMessage | None:
        # A round may be long, so each lease begins by the clock.
        now = max(due_by, utc_now())
        with self.database.write_engine.begin() as connection:
            return lease_(
                connection, due_by=due_by, now=now, lease=ANSWERS * self.server.mail.timeout
            )

    def _send(self, message: LeasedMessage, conversation: SmtpSession) -> None:
        try:
            mail = as_email(message, sender=self.sender, sender_name=self.sender_name)
            conversation.send(mail, sender=self.sender, recipient=message.recipient)
        except DeliveryError:
            raise
        except Exception as error:  # a message that cannot be sent must not hold up the others
            crash = _named(message), describe_safely(error)
            log.error("sys_mail_crash: %s: %s", *crash)  # noqa: TRY400 - which would quote it
            raise DeliveryError(f"an error in the site: {type(error).__name__}") from None

    def _keep(self, message: LeasedMessage, why: DeliveryError, ended: DeliveryResult) -> None:
        """Put the message off, or give it up: at once if it was refused for good, else in time."""
        log_text = why.log_text
        if isinstance(why, ServerUnavailable):
            log_text = "the mail server is unavailable"
            level = logging.ERROR if isinstance(why, Misconfigured) else logging.WARNING
            log.log(level, "sys_mail_server_unavailable: %s", why.log_text)
            ended.server_unavailable = str(why)
        if isinstance(why, PermanentRefusal) or utc_now() >= message.send_at + TRIED_FOR:
            log.warning("sys_mail_failed: %s: %s", _named(message), log_text)
            self._write_down(message, partial(fail, last_error=str(why)))
            ended.given_up += 1
        else:
            log.warning("sys_mail_deferred: %s: %s", _named(message), log_text)
            self._write_down(message, partial(reschedule, last_error=str(why)))
            ended.reschedule += 1

    def _write_down(self, message: LeasedMessage, mark: Callable[..., bool]) -> None:
        """Mark the message. The server has answered by now: what is not marked is sent again."""
        while (is_ours := self._marked(message, mark)) is None:
            time.sleep(_REST)
        if not is_ours:
            log.warning(
                "sys_mail_late: %s: its lease has expired, or its account was deleted",
                _named(message),
            )

    def _marked(self, message: LeasedMessage, mark: Callable[..., bool]) -> bool | None:
        """Return whether the message was ours to mark; None if the database may yet come back."""
        try:
            with self.database.write_engine.begin() as connection:
                return mark(connection, message, now=utc_now())
        except DATABASE_UNAVAILABLE:
            if utc_now() >= message.leased_until:
                raise
            return None


def _named(message: LeasedMessage) -> str:
    """Return what a log may hold of a message: neither whom it is for nor what it says."""
    return f"{message.template} {message.id}, attempt {message.attempts}"


def describe_safely(error: Exception) -> str:
    """Return what an error is and where it was raised; its text might quote a message."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {where.filename}, line {where.lineno}"
