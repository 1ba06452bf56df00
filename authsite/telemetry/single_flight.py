"""A function called on a thread of its own, so that callers do not wait long."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")

#: Seconds. Load balancers and Prometheus do not wait much longer.
TIMEOUT = 2.0


class SingleFlight(Generic[T]):
    """Calls a function that may hang once for all concurrent callers, who share its result.

    `timeout` is in seconds, `name` that of the thread.
    """

    def __init__(self, call: Callable[[], T], *, name: str, timeout: float = TIMEOUT) -> None:
        self._call = call
        self._name = name
        self._timeout = timeout
        self._lock = threading.Lock()
        self._pending: Future[T] | None = None

    def answer(self) -> T:
        """Return the result, or raise the function's error; `TimeoutError` after the timeout."""
        with self._lock:
            if self._pending is None or self._pending.done():
                self._pending = self._start()
            pending = self._pending
        return pending.result(self._timeout)

    def _start(self) -> Future[T]:
        pending: Future[T] = Future()

        def work() -> None:
            try:
                pending.set_result(self._call())
            except Exception as error:
                pending.set_exception(error)

        threading.Thread(target=work, name=self._name, daemon=True).start()
        return pending
