"""A bounded queue in front of Argon2, so that hashes do not block the rest of the site."""

import contextlib
import functools
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any, ParamSpec, Protocol, TypeVar

from authsite.passwords.places import HashClient, Places

P = ParamSpec("P")
T = TypeVar("T")

#: How much nicer than the threads that serve pages: far from starvation.
NICENESS = 10
#: One computes, the other prepares its hash, so that no thread idles in between.
SLOTS_PER_THREAD = 2


class HashQueueFull(Exception):
    """No place is left, or none for this client; the request can be repeated in a few seconds."""


class HashObserver(Protocol):
    """Is called on the queue's threads, after the caller has its result."""

    def worked(self, *, waited: float, took: float) -> None:
        """Note a hash; both times in seconds."""

    def refused(self) -> None:
        """Note a hash that was refused because the queue was full."""


class _NullObserver:
    def worked(self, *, waited: float, took: float) -> None:
        pass

    def refused(self) -> None:
        pass


NULL_OBSERVER: HashObserver = _NullObserver()


class Slot:
    """A turn on one of the queue's threads, which works for one caller until `end`."""

    def __init__(self, observer: HashObserver) -> None:
        self.has_started = threading.Event()
        self.is_working = False
        #: Seconds that the caller waited for the slot; reported with its first work.
        self.waited = 0.0
        self._observer = observer
        self._jobs: SimpleQueue[tuple[Future[Any], Callable[[], Any], float] | None]
        self._jobs = SimpleQueue()

    def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` on the thread and return its result."""
        result: Future[T] = Future()
        self._jobs.put((result, functools.partial(work, *args, **kwargs), time.perf_counter()))
        return result.result()

    def end(self) -> None:
        """Release the thread."""
        self._jobs.put(None)

    def serve(self) -> None:
        """Work, on the queue's thread, until `end`."""
        for result, work, queued_at in iter(self._jobs.get, None):
            started = time.perf_counter()
            self.is_working = True
            try:
                result.set_result(work())
            except Exception as error:
                result.set_exception(error)
            self.is_working = False
            took = time.perf_counter() - started
            self._observer.worked(waited=self.waited + started - queued_at, took=took)
            self.waited = 0.0


class HashQueue:
    """A bounded queue of a few threads: `threads` hashes are computed and `waiting` wait.

    The bound keeps the server's threads free for other pages: without it, all of them would wait
    for hashes as soon as there are more sign-ins than threads. `Places` shares it among clients.
    The threads run on the given cores, or on those of the process.
    """

    def __init__(
        self,
        *,
        threads: int,
        waiting: int,
        cores: Collection[int] = (),
        observer: HashObserver = NULL_OBSERVER,
    ) -> None:
        self._places = Places(threads + waiting)
        self._pool = ThreadPoolExecutor(
            threads, "hash", initializer=_yield_to_pages, initargs=(cores,)
        )
        self._lock = threading.Lock()
        self._free_slots = SLOTS_PER_THREAD * threads
        self._waiting: deque[Slot] = deque()
        self._started: set[Slot] = set()
        self._observer = observer

    @property
    def state(self) -> tuple[int, int]:
        """The number of hashes that are computed, and of those that wait."""
        with self._lock:
            running = sum(slot.is_working for slot in self._started)
            return running, len(self._waiting) + len(self._started) - running

    @contextlib.contextmanager
    def slot(self, client: HashClient | None = None) -> Iterator[Slot]:
        """Wait for a slot, first come first served, and keep it for the block.

        Few blocks run at a time, so they can do cheap work before the hash. Raises `HashQueueFull`
        at once when no place is left for this client.
        """
        slot, queued_at = Slot(self._observer), time.perf_counter()
        with self._lock:
            has_place = self._places.take(client)
            if has_place:
                self._waiting.append(slot)
                self._start_next()
        if not has_place:
            self._observer.refused()
            raise HashQueueFull
        slot.has_started.wait()
        slot.waited = time.perf_counter() - queued_at
        try:
            yield slot
        finally:
            slot.end()
            with self._lock:
                self._free_slots += 1
                self._started.discard(slot)
                self._places.release(client)
                self._start_next()

    def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work` without a client, in a slot of its own; raises `HashQueueFull`."""
        with self.slot() as slot:
            return slot.run(work, *args, **kwargs)

    def _start_next(self) -> None:
        """Start the slot that has waited longest, if one is free; the caller has the lock."""
        if self._free_slots and self._waiting:
            self._free_slots -= 1
            slot = self._waiting.popleft()
            self._started.add(slot)
            self._pool.submit(slot.serve)
            slot.has_started.set()


def _yield_to_pages(cores: Collection[int]) -> None:
    """Give this thread a lower priority than the threads of pages, and these cores, if any.

    Threads inherit the core of a pinned server (docs/production.md), but hashing releases the
    interpreter's lock and can use others. Linux sets both per thread. Without cores, the thread
    keeps those that the operator gave the process.
    """
    if sys.platform != "linux":  # pragma: no cover - the priority would be that of the process
        return
    with contextlib.suppress(OSError):  # a sandbox may forbid it; hashes work without
        os.nice(NICENESS)
    if cores:
        with contextlib.suppress(OSError):  # or this machine has none of them
            os.sched_setaffinity(0, cores)
