"""Delivering what is in the outbox: once, or on and on."""

import logging
import threading
from datetime import datetime

from authsite.clock import utc_now
from authsite.db.compiled_select import CompiledSelect
from authsite.db.engines import DATABASE_AWAY, Database
from authsite.mail.delivery import Delivery, Round, without_words
from authsite.mail.outbox import NEXT_TRY
from authsite.mail.server import mail_server
from authsite.settings.schema import Settings

log = logging.getLogger(__name__)

#: Seconds between two looks when nobody wakes the courier: another process may have written.
POLL = 10.0
#: Seconds for which a worker leaves a server alone that was away, however much there is to send.
REST = 10.0


class Courier:
    """Delivers messages in the calling thread, or on one of its own.

    Without a `delivery`, in development, nothing leaves the machine. `poll` and `rest` are seconds.
    """

    def __init__(
        self,
        next_try: CompiledSelect,
        delivery: Delivery | None,
        *,
        on_thread: bool,
        poll: float = POLL,
        rest: float = REST,
    ) -> None:
        self._next_try = next_try
        self._poll = poll
        self._rest = rest
        self._delivery = delivery
        self._starting = threading.Lock()
        self._woken = threading.Event()
        self._stopped = threading.Event()
        #: Whether `start` has still something to do.
        self.is_to_start = on_thread and delivery is not None

    @property
    def delivers(self) -> bool:
        """Whether there is a server that takes the mails."""
        return self._delivery is not None

    def start(self) -> None:
        """Deliver on a thread from now on, unless it runs already or is not wanted."""
        with self._starting:
            if self.is_to_start:
                threading.Thread(target=self.work, name="courier", daemon=True).start()
                self.is_to_start = False

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

    def deliver_due(self, *, now: datetime) -> Round:
        """Deliver all that is due by `now`, in this thread; say what became of it."""
        if self._delivery is None:
            return Round()
        return self._delivery.deliver_due(now=now, is_over=self._stopped.is_set)

    def _all_is_well(self) -> bool:
        """Deliver, if something is due; whether server and database were there for it."""
        now = utc_now()
        try:
            # A look first: a worker with nothing to do must not take SQLite's write lock.
            (next_try,) = self._next_try.one_or_none() or (None,)
            if next_try is None or next_try > now:
                return True
            return self.deliver_due(now=now).server_away is None
        except DATABASE_AWAY as error:
            log.warning("sys_mail_put_off: the database is away: %s", type(error).__name__)
        except Exception as error:
            what = without_words(error)
            log.error("sys_mail_crash: %s", what)  # noqa: TRY400 - which would quote messages
        return False


def build_courier(settings: Settings, database: Database) -> Courier:
    """Return the courier of a site; it connects to nothing yet."""
    server = mail_server(settings)
    delivery = server and Delivery(
        database=database,
        server=server,
        sender=settings.sender,
        sender_name=settings.site.name,
    )
    return Courier(database.compile(NEXT_TRY), delivery, on_thread=settings.mail.thread)
