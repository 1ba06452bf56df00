"""The worker that delivers the outbox, once or until it is stopped."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime

from authsite.clock import utc_now
from authsite.db.compiled_select import Select
from authsite.db.engines import DATABASE_UNAVAILABLE, Database
from authsite.db.outages import OutageLog
from authsite.encryption import Cipher
from authsite.mail.delivery import Delivery, DeliveryResult, Outcome, describe_safely
from authsite.mail.outbox import NEXT_ATTEMPT
from authsite.mail.server import mail_server
from authsite.settings.schema import Settings

log = logging.getLogger(__name__)

#: Seconds between two queries of a worker that is not woken: other processes write as well.
POLL = 10.0
#: Seconds before the next attempt when the server or the database was unavailable.
REST = 10.0


class MailWorker:
    """Delivers messages: once by `deliver_due`, or by `work` until `stop`.

    Without a `delivery`, in development, it sends nothing. `poll` and `rest` are in seconds.
    """

    name = "mail"

    def __init__(
        self,
        next_attempt: Select,
        delivery: Delivery | None,
        *,
        outages: OutageLog,
        poll: float = POLL,
        rest: float = REST,
    ) -> None:
        self._next_attempt = next_attempt
        self._outages = outages
        self._poll = poll
        self._rest = rest
        self._delivery = delivery
        self._woken = threading.Event()
        self._stopped = threading.Event()

    @property
    def delivers(self) -> bool:
        """Whether there is a mail server."""
        return self._delivery is not None

    def wake(self) -> None:
        """Make the worker query the outbox now; cheap, and safe from any thread."""
        self._woken.set()

    def stop(self) -> None:
        """Stop after the current message."""
        self._stopped.set()
        self._woken.set()

    def work(self) -> None:
        """Deliver messages when they are due, until `stop`; survives any error."""
        while not self._stopped.is_set():
            self._woken.clear()  # first: a wake-up during the query must not be lost
            if self._deliver_if_due():
                self._woken.wait(self._poll)
            else:
                self._stopped.wait(self._rest)

    def deliver_due(self, *, now: datetime) -> DeliveryResult:
        """Deliver all messages that are due by `now`, on this thread."""
        if self._delivery is None:
            return DeliveryResult()
        return self._delivery.deliver_due(now=now, should_stop=self._stopped.is_set)

    def _deliver_if_due(self) -> bool:
        """Return False if the server or the database was unavailable."""
        now = utc_now()
        try:
            # A read first: an idle worker must not take SQLite's write lock.
            (next_attempt,) = self._next_attempt.one_or_none() or (None,)
            if next_attempt is None or next_attempt > now:
                return True
            return self.deliver_due(now=now).server_unavailable is None
        except DATABASE_UNAVAILABLE as error:
            self._outages.report(
                "sys_mail_deferred: the database is unavailable", error, level=logging.WARNING
            )
        except Exception as error:
            description = describe_safely(error)
            log.error("sys_mail_crash: %s", description)  # noqa: TRY400 - it would quote messages
        return False


def build_worker(
    settings: Settings, database: Database, cipher: Cipher, *, count: Callable[[Outcome], object]
) -> MailWorker:
    """Return the worker of a site, without a connection to anything.

    `count` is called with the outcome of each attempt to deliver a message.
    """
    server = mail_server(settings)
    delivery = server and Delivery(
        database=database,
        server=server,
        cipher=cipher,
        sender=settings.sender,
        sender_name=settings.site.name,
        count=count,
    )
    return MailWorker(database.compile(NEXT_ATTEMPT), delivery, outages=database.outages)
