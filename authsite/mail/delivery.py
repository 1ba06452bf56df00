"""Delivering due messages: each is leased, sent, and marked with its outcome."""

import logging
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Literal

from authsite.clock import utc_now
from authsite.db.engines import DATABASE_UNAVAILABLE, Database
from authsite.encryption import Cipher, Damaged, DecryptionError
from authsite.mail.content import Content, read_content
from authsite.mail.errors import DeliveryError, Misconfigured, PermanentRefusal, ServerUnavailable
from authsite.mail.mime import build_mime
from authsite.mail.outbox import (
    RETRY_FOR,
    LeasedMessage,
    fail,
    lease_next,
    mark_delivered,
    reschedule,
)
from authsite.mail.server import MailServer
from authsite.mail.smtp import SmtpSession

log = logging.getLogger(__name__)

#: How an attempt to deliver a message ends.
Outcome = Literal["delivered", "deferred", "failed"]

#: Replies that one message waits for at most: to RSET, then connection, greeting, EHLO, STARTTLS,
#: handshake, EHLO, two steps of AUTH, MAIL, RCPT, DATA and its end. A lease covers them all.
REPLIES = 13
_UNKNOWN_KEY = (
    "it was encrypted with a secret that is neither authsite.secret nor one of "
    "authsite.previous_secrets"
)
_DAMAGED = "its encrypted content is damaged"
#: Seconds before a database that was unavailable is used again.
_DATABASE_RETRY = 0.5


def lease_time(timeout: timedelta) -> timedelta:
    """Return how long a worker may take for one attempt; `timeout` is that of a reply."""
    return REPLIES * timeout


@dataclass(slots=True)
class DeliveryResult:
    """The number of messages by outcome; `server_unavailable` is why the rest was not attempted."""

    delivered: int = 0
    rescheduled: int = 0
    failed: int = 0
    server_unavailable: str | None = None


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """Sends messages of the outbox to the mail server, from any number of threads and processes.

    No transaction is open meanwhile, so that a server that hangs delays other messages only.
    """

    database: Database
    server: MailServer
    cipher: Cipher
    sender: str
    sender_name: str
    #: Is called with the outcome of each attempt.
    count: Callable[[Outcome], object] = lambda _outcome: None

    def deliver_due(self, *, now: datetime, should_stop: Callable[[], bool]) -> DeliveryResult:
        """Deliver messages due by `now`, until none is left, the server fails, or `should_stop`."""
        result = DeliveryResult()
        with SmtpSession(self.server) as smtp:
            while result.server_unavailable is None and not should_stop():
                message = self._lease(due_by=now)
                if message is None:
                    break
                try:
                    self._send(message, smtp)
                except DeliveryError as error:
                    self._handle_failure(message, error, result)
                else:
                    self._mark(message, mark_delivered)
                    log.info("sys_mail_delivered: %s", _log_name(message))
                    result.delivered += 1
                    self.count("delivered")
        return result

    def _lease(self, *, due_by: datetime) -> LeasedMessage | None:
        # Delivering all may take long, so each lease starts at the current time.
        now = max(due_by, utc_now())
        with self.database.write_engine.begin() as connection:
            return lease_next(
                connection, due_by=due_by, now=now, lease=lease_time(self.server.mail.timeout)
            )

    def _send(self, message: LeasedMessage, smtp: SmtpSession) -> None:
        try:
            content = self._content_of(message)
            mime = build_mime(message, content, sender=self.sender, sender_name=self.sender_name)
            smtp.send(mime, sender=self.sender, recipient=message.recipient)
        except DeliveryError:
            raise
        except Exception as error:  # a message that cannot be sent must not block the others
            crash = _log_name(message), describe_safely(error)
            log.error("sys_mail_crash: %s: %s", *crash)  # noqa: TRY400 - it would quote the message
            raise DeliveryError(f"an error in the site: {type(error).__name__}") from None

    def _content_of(self, message: LeasedMessage) -> Content:
        """Decrypt the content; raises `DeliveryError`.

        Without its key, the message waits: an operator can still configure it, and while secrets
        are replaced, another process may have it.
        """
        try:
            return read_content(message, self.cipher)
        except DecryptionError as error:
            reason = _DAMAGED if isinstance(error, Damaged) else _UNKNOWN_KEY
            log.error("sys_mail_undecryptable: %s: %s", _log_name(message), reason)  # noqa: TRY400
            outcome = PermanentRefusal if isinstance(error, Damaged) else DeliveryError
            raise outcome(reason) from None

    def _handle_failure(
        self, message: LeasedMessage, error: DeliveryError, result: DeliveryResult
    ) -> None:
        """Reschedule the message, or let it fail if it was refused for good or is too old."""
        log_text = error.log_text
        if isinstance(error, ServerUnavailable):
            log_text = "the mail server is unavailable"
            level = logging.ERROR if isinstance(error, Misconfigured) else logging.WARNING
            log.log(level, "sys_mail_server_unavailable: %s", error.log_text)
            result.server_unavailable = str(error)
        if isinstance(error, PermanentRefusal) or utc_now() >= message.send_at + RETRY_FOR:
            log.warning("sys_mail_failed: %s: %s", _log_name(message), log_text)
            self._mark(message, partial(fail, last_error=str(error)))
            result.failed += 1
            self.count("failed")
        else:
            log.warning("sys_mail_deferred: %s: %s", _log_name(message), log_text)
            self._mark(message, partial(reschedule, last_error=str(error)))
            result.rescheduled += 1
            self.count("deferred")

    def _mark(self, message: LeasedMessage, mark: Callable[..., bool]) -> None:
        """Record the outcome. A delivered message that is not marked is sent again."""
        while (is_leased := self._try_to_mark(message, mark)) is None:
            time.sleep(_DATABASE_RETRY)
        if not is_leased:
            log.warning(
                "sys_mail_late: %s: its lease has expired, or its account was deleted",
                _log_name(message),
            )

    def _try_to_mark(self, message: LeasedMessage, mark: Callable[..., bool]) -> bool | None:
        """Return whether the lease was valid; None while the database is unavailable."""
        try:
            with self.database.write_engine.begin() as connection:
                return mark(connection, message, now=utc_now())
        except DATABASE_UNAVAILABLE:
            if utc_now() >= message.leased_until:
                raise
            return None


def _log_name(message: LeasedMessage) -> str:
    """Return what a log may hold of a message: neither recipient nor text."""
    return f"{message.template} {message.id}, attempt {message.attempts}"


def describe_safely(error: Exception) -> str:
    """Return the class of an error and where it was raised; its text may quote a message."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {where.filename}, line {where.lineno}"
