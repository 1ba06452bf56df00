"""Delivering what is in the outbox: once, or on and on."""

import logging
import threading
from datetime import datetime

from authsite.clock import utc_now
from authsite.db.compiled_select import CompiledSelect
from authsite.db.engines import DATABASE_UNAVAILABLE, Database
from authsite.mail.delivery import Delivery, DeliveryResult, describe_safely
from authsite.mail.outbox import NEXT_ATTEMPT
from authsite.mail.server import mail_server
from authsite.settings.schema import Settings

log = logging.getLogger(__name__)

#: Seconds between two looks when nobody wakes the courier: another process may have written.
POLL = 10.0
#: Seconds for which a worker leaves a server alone that was away, however much there is to send.
REST = 10.0


class MailWorker:
    """Delivers messages: once by `deliver_due`, or until it is stopped by `work`.

    Without a `delivery`, in development, nothing leaves the machine. `poll` and `rest` are seconds.
    """

    name = "mail"

    def __init__(
        self,
        next_attempt: CompiledSelect,
        delivery: Delivery | None,
        *,
        poll: float = POLL,
        rest: float = REST,
    ) -> None:
        self._next_attempt = next_attempt
        self._poll = poll
        self._rest = rest
        self._delivery = delivery
        self._woken = threading.Event()
        self._stopped = threading.Event()

    @property
    def delivers(self) -> bool:
        """Whether there is a server that takes the mails."""
        return self._delivery is not None

    def wake(self) -> None:
        """Look into the outbox at once; cheap to call, and safe from any thread."""
        self._woken.set()

    def stop(self) -> None:
        """Let whoever delivers end with the message in hand."""
        self._stopped.set()
        self._woken.set()

    def work(self) -> None:
        """Deliver what comes, until `stop`; outlives a database that is away, and any error."""
        while not self._stopped.is_set():
            self._woken.clear()  # before the look, so that nobody wakes in vain
            if self._all_is_well():
                self._woken.wait(self._poll)
            else:
                self._stopped.wait(self._rest)

    def deliver_due(self, *, now: datetime) -> DeliveryResult:
        """Deliver all that is due by `now`, in this thread; say what became of it."""
        if self._delivery is None:
            return DeliveryResult()
        return self._delivery.deliver_due(now=now, is_over=self._stopped.is_set)

    def _all_is_well(self) -> bool:
        """Deliver, if something is due; whether server and database were there for it."""
        now = utc_now()
        try:
            # A look first: a worker with nothing to do must not take SQLite's write lock.
            (next_attempt,) = self._next_attempt.one_or_none() or (None,)
            if next_attempt is None or next_attempt > now:
                return True
            return self.deliver_due(now=now).server_unavailable is None
        except DATABASE_UNAVAILABLE as error:
            log.warning("sys_mail_deferred: the database is unavailable: %s", type(error).__name__)
        except Exception as error:
            what = describe_safely(error)
            log.error("sys_mail_crash: %s", what)  # noqa: TRY400 - which would quote messages
        return False


def build_worker(settings: Settings, database: Database) -> MailWorker:
    """Return the courier of a site; it connects to nothing yet."""
    server = mail_server(settings)
    delivery = server and Delivery(
        database=database,
        server=server,
        sender=settings.sender,
        sender_name=settings.site.name,
    )
    return MailWorker(database.compile(NEXT_ATTEMPT), delivery)
