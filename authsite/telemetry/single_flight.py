"""A question asked on a thread of its own, so that nobody waits long for the answer."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")

#: Seconds that a machine that probes or measures is kept waiting; it waits hardly longer itself.
TIMEOUT = 2.0


class SingleFlight(Generic[T]):
    """One question, which may hang: however many ask, it is asked once, and they share the answer.

    `patience` is in seconds, `name` that of the thread.
    """

    def __init__(self, ask: Callable[[], T], *, name: str, timeout: float = TIMEOUT) -> None:
        self._ask = ask
        self._name = name
        self._timeout = timeout
        self._lock = threading.Lock()
        self._asked: Future[T] | None = None

    def answer(self) -> T:
        """Return the answer, or raise what asking raised; `TimeoutError` if it is not there yet."""
        with self._lock:
            if self._asked is None or self._asked.done():
                self._asked = self._begin()
            asked = self._asked
        return asked.result(self._timeout)

    def _begin(self) -> Future[T]:
        asked: Future[T] = Future()

        def work() -> None:
            try:
                asked.set_result(self._ask())
            except Exception as error:
                asked.set_exception(error)

        threading.Thread(target=work, name=self._name, daemon=True).start()
        return asked
