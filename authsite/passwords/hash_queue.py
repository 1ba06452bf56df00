"""Where costly work waits its turn, so that the rest of the site does not wait with it."""

import contextlib
import functools
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any, ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

#: Below the threads that serve pages, far above starvation.
NICENESS = 10
#: One is at work, the other has its work ready, so that no thread waits for what comes before it.
TURNS_A_THREAD = 2


class HashQueueFull(Exception):
    """As many hashes wait as may; whoever asked should come back in a moment."""


class HashObserver(Protocol):
    """Who watches a queue is told this, on its threads, when nobody waits for them any more."""

    def worked(self, *, waited: float, took: float) -> None:
        """Something was done: for so many seconds it waited, and so many it took."""

    def refused(self) -> None:
        """Somebody found every place taken."""


class _Nobody:
    def worked(self, *, waited: float, took: float) -> None:
        pass

    def refused(self) -> None:
        pass


NULL_OBSERVER: HashObserver = _Nobody()


class Slot:
    """A place at one of the queue's threads, which works for the caller until the turn ends."""

    def __init__(self, watch: HashObserver) -> None:
        self.was_called = threading.Event()
        self.is_working = False
        #: Seconds that the turn was waited for, until the first work in it tells of them.
        self.waited = 0.0
        self._watch = watch
        self._given: SimpleQueue[tuple[Future[Any], Callable[[], Any], float] | None]
        self._given = SimpleQueue()

    def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do `work` on the thread, when it is there, and return what it returns."""
        result: Future[T] = Future()
        self._given.put((result, functools.partial(work, *args, **kwargs), time.perf_counter()))
        return result.result()

    def end(self) -> None:
        """Let the thread go."""
        self._given.put(None)

    def serve(self) -> None:
        """Work, on the queue's thread, until the turn ends."""
        for result, work, given_at in iter(self._given.get, None):
            begun = time.perf_counter()
            self.is_working = True
            try:
                result.set_result(work())
            except Exception as error:
                result.set_exception(error)
            self.is_working = False
            took = time.perf_counter() - begun
            self._watch.worked(waited=self.waited + begun - given_at, took=took)
            self.waited = 0.0


class HashQueue:
    """A bounded queue before a few threads: `threads` at work, `waiting` behind them.

    The bound is what keeps worker threads free for other pages: without it every one of them
    ends up waiting for a hash as soon as there are more sign-ins than workers.
    """

    def __init__(self, *, threads: int, waiting: int, watch: HashObserver = NULL_OBSERVER) -> None:
        self._places = threading.BoundedSemaphore(threads + waiting)
        self._pool = ThreadPoolExecutor(threads, "hash", initializer=_yield_to_pages)
        self._lock = threading.Lock()
        self._turns_left = TURNS_A_THREAD * threads
        self._waiting: deque[Slot] = deque()
        self._called: set[Slot] = set()
        self._watch = watch

    @property
    def state(self) -> tuple[int, int]:
        """How many have their work done just now, and how many others have a place."""
        with self._lock:
            running = sum(slot.is_working for slot in self._called)
            return running, len(self._waiting) + len(self._called) - running

    @contextlib.contextmanager
    def slot(self) -> Iterator[Slot]:
        """Wait for a turn and have it for the block: who comes first is served first.

        What the block does before its work is done by few at a time, however many wait.
        Raises `HashQueueFull` at once when every place is taken.
        """
        if not self._places.acquire(blocking=False):
            self._watch.refused()
            raise HashQueueFull
        slot, asked_at = Slot(self._watch), time.perf_counter()
        with self._lock:
            self._waiting.append(slot)
            self._call_next()
        slot.was_called.wait()
        slot.waited = time.perf_counter() - asked_at
        try:
            yield slot
        finally:
            slot.end()
            with self._lock:
                self._turns_left += 1
                self._called.discard(slot)
                self._call_next()
            self._places.release()

    def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do `work` when the turn has come; raises `HashQueueFull` as `turn` does."""
        with self.slot() as slot:
            return slot.run(work, *args, **kwargs)

    def _call_next(self) -> None:
        """Give the next turn, if there is one and somebody waits for it; called with the lock."""
        if self._turns_left and self._waiting:
            self._turns_left -= 1
            slot = self._waiting.popleft()
            self._called.add(slot)
            self._pool.submit(slot.serve)
            slot.was_called.set()


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
