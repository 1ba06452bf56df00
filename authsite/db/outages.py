"""The log of an unavailable database: each cause once, then how often, then that it is over."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

log = logging.getLogger(__name__)

#: Seconds between two looks at an outage. One that made no error meanwhile may be over.
INTERVAL = 15.0
#: Seconds between two lines about one cause.
REPEAT = 60.0
#: Characters of a cause: several hosts that cannot be reached make a long one.
_MAX_LENGTH = 300


@dataclass(slots=True)
class _Cause:
    level: int
    text: str
    logged_at: float
    #: Errors since the last line.
    repeated: int = 0


class OutageLog:
    """Logs the errors of one process, without tracebacks: thousands may have the same cause.

    An outage begins with its first error. It is over when there was none for `interval` seconds,
    and `is_over` agrees. A thread looks after it meanwhile. `what` can have an outage; times are in
    seconds.
    """

    def __init__(
        self,
        is_over: Callable[[], bool],
        *,
        what: str = "database",
        interval: float = INTERVAL,
        repeat: float = REPEAT,
    ) -> None:
        self._what = what
        self._is_over = is_over
        self._interval = interval
        self._repeat = repeat
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        #: By what failed and the first line of the reason; the others may differ each time.
        self._causes: dict[tuple[str, str], _Cause] = {}
        self._errors = 0
        self._began_at = 0.0
        self._last_at = 0.0

    def report(self, what: str, error: Exception | str, *, level: int = logging.ERROR) -> None:
        """Log an error, or count it if its cause is known. `what` begins with the event's name."""
        text = f"{what}: {_describe(error)}"
        key = what, str(_original(error)).partition("\n")[0]
        with self._lock:
            self._last_at = now = time.monotonic()
            self._errors += 1
            if self._errors == 1:
                self._began_at, self._stopped = now, threading.Event()
                watch = threading.Thread(target=self._watch, name="outage", daemon=True)
                watch.start()
            if key in self._causes:
                self._causes[key].repeated += 1
                return
            self._causes[key] = _Cause(level, text, now)
        _log(level, text)

    def stop(self) -> None:
        """End the thread, if there is one, and forget the outage."""
        with self._lock:
            self._stopped.set()
            self._forget()

    def forget_thread(self) -> None:
        """Forget the outage in a process that has just been forked; the thread is the parent's."""
        self._lock = threading.Lock()
        self._forget()

    def _watch(self) -> None:
        stopped = self._stopped
        while not stopped.wait(self._interval):
            if self._is_quiet() and self._works_again():
                with self._lock:
                    if self._is_quiet() and not stopped.is_set():
                        self._log_end()
                        self._forget()
                        return
            self._repeat_causes()

    def _works_again(self) -> bool:
        try:
            return self._is_over()
        except Exception:  # the outage lasts, and causes are still logged
            return False

    def _is_quiet(self) -> bool:
        return time.monotonic() - self._last_at >= self._interval

    def _repeat_causes(self) -> None:
        with self._lock:
            now = time.monotonic()
            for cause in self._causes.values():
                if cause.repeated and now - cause.logged_at >= self._repeat:
                    _log(cause.level, f"{cause.text} ({cause.repeated} more)")
                    cause.repeated, cause.logged_at = 0, now

    def _log_end(self) -> None:
        seconds = self._last_at - self._began_at
        _log(
            logging.WARNING,
            f"sys_{self._what}_available: it works again, after {self._errors} errors in "
            f"{seconds:.0f} s",
        )

    def _forget(self) -> None:
        self._causes.clear()
        self._errors = 0


def _describe(error: Exception | str) -> str:
    """Return the reason in one line: the driver's, without statements, values and tracebacks."""
    original = _original(error)
    reason = " ".join(str(original).split()) or type(original).__name__
    return reason if len(reason) <= _MAX_LENGTH else f"{reason[:_MAX_LENGTH]}…"


def _original(error: Exception | str) -> object:
    """Return the error of the driver, if SQLAlchemy has wrapped one."""
    return getattr(error, "orig", None) or error


def _log(level: int, text: str) -> None:
    log.log(level, "%s", text, extra={"event": text.partition(":")[0]})
