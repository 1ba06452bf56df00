"""Where costly work waits its turn, so that the rest of the site does not wait with it."""

import contextlib
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

#: Below the threads that serve pages, far above starvation.
NICENESS = 10


class HashQueueFull(Exception):
    """As many hashes wait as may; whoever asked should come back in a moment."""


class HashQueue:
    """A bounded queue before a few threads: `threads` at work, `waiting` behind them.

    The bound is what keeps worker threads free for other pages: without it every one of them
    ends up waiting for a hash as soon as there are more sign-ins than workers.
    """

    def __init__(self, *, threads: int, waiting: int) -> None:
        self._places = threading.BoundedSemaphore(threads + waiting)
        self._pool = ThreadPoolExecutor(threads, "hash", initializer=_yield_to_pages)

    def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do `work` on one of the queue's threads and return what it returns.

        Raises `HashQueueFull` at once when every place is taken.
        """
        if not self._places.acquire(blocking=False):
            raise HashQueueFull
        try:
            return self._pool.submit(work, *args, **kwargs).result()
        finally:
            self._places.release()


def _yield_to_pages() -> None:
    """Let this thread run on any core, and only when no page wants one.

    A server pinned to one core (docs/production.md) hands its pin down to its threads; hashing
    releases the interpreter's lock and may well use the others. Linux counts both per thread.
    """
    if sys.platform != "linux":  # pragma: no cover - nothing is pinned there
        return
    with contextlib.suppress(OSError):  # a sandbox may forbid it, and hashes are right without
        os.sched_setaffinity(0, range(os.cpu_count() or 1))
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
