"""Where costly work waits its turn, so that the rest of the site does not wait with it."""

import contextlib
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

#: Below the threads that serve pages, far above starvation.
NICENESS = 10
#: One is at work, the other has its work ready, so that no thread waits for what comes before it.
TURNS_A_THREAD = 2


class HashQueueFull(Exception):
    """As many hashes wait as may; whoever asked should come back in a moment."""


class Turn:
    """Leave to have work done on the queue's threads, as long as it lasts."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool

    def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do `work` on one of the threads and return what it returns."""
        return self._pool.submit(work, *args, **kwargs).result()


class _Line:
    """Lets so many through at a time, first come, first served; a semaphore keeps no order."""

    def __init__(self, number: int) -> None:
        self._lock = threading.Lock()
        self._free = number
        self._waiting: deque[threading.Event] = deque()

    def enter(self) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            called = threading.Event()
            self._waiting.append(called)
        called.wait()

    def leave(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1


class HashQueue:
    """A bounded queue before a few threads: `threads` at work, `waiting` behind them.

    The bound is what keeps worker threads free for other pages: without it every one of them
    ends up waiting for a hash as soon as there are more sign-ins than workers.
    """

    def __init__(self, *, threads: int, waiting: int) -> None:
        self._places = threading.BoundedSemaphore(threads + waiting)
        self._line = _Line(TURNS_A_THREAD * threads)
        self._pool = ThreadPoolExecutor(threads, "hash", initializer=_yield_to_pages)

    @contextlib.contextmanager
    def turn(self) -> Iterator[Turn]:
        """Wait for a turn, in the order in which people came, and have it for the block.

        What the block does before its work is done by few at a time, however many wait.
        Raises `HashQueueFull` at once when every place is taken.
        """
        if not self._places.acquire(blocking=False):
            raise HashQueueFull
        self._line.enter()
        try:
            yield Turn(self._pool)
        finally:
            self._line.leave()
            self._places.release()

    def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do `work` when the turn has come; raises `HashQueueFull` as `turn` does."""
        with self.turn() as turn:
            return turn.run(work, *args, **kwargs)


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
