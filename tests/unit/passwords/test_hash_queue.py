"""The hash queue: bounded, in order, and at a low priority."""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from authsite.passwords.hash_queue import NICENESS, HashQueue, HashQueueFull
from authsite.passwords.places import HashClient
from tests.factories import a_hasher
from tests.processes.servers import until

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="counted per thread on Linux only")


class Crowd:
    """Requests to one queue, whose only thread is busy until `release`."""

    def __init__(self, pool: ThreadPoolExecutor, queue: HashQueue) -> None:
        self._pool = pool
        self._gate = threading.Event()
        self.queue = queue
        self.done: list[int] = []

    def occupy(self) -> Future[bool]:
        """Occupy the only thread; return when its work has begun."""
        at_work = threading.Event()

        def work() -> bool:
            at_work.set()
            return self._gate.wait(60)

        busy = self._pool.submit(self.queue.run, work)
        assert at_work.wait(60)
        return busy

    def line_up(self, number: int, client: HashClient | None = None) -> Future[None]:
        """Let a request wait in the queue; return when it waits."""
        before = self._waiting
        request = self._pool.submit(self._append, number, client)
        while self._waiting == before:
            os.sched_yield()
        return request

    def _append(self, number: int, client: HashClient | None) -> None:
        with self.queue.slot(client) as slot:
            slot.run(self.done.append, number)

    @property
    def _waiting(self) -> int:
        """How many wait for a slot or a thread."""
        _running, waiting = self.queue.state
        return waiting

    def release(self) -> None:
        self._gate.set()


@pytest.fixture
def crowd() -> Iterator[Callable[[HashQueue], Crowd]]:
    crowds: list[Crowd] = []
    with ThreadPoolExecutor(20) as pool:

        def gather(queue: HashQueue) -> Crowd:
            crowds.append(Crowd(pool, queue))
            return crowds[-1]

        yield gather
        for crowd in crowds:
            crowd.release()


def test_queue_returns_the_result():
    queue = HashQueue(threads=1, waiting=1)
    assert queue.run(divmod, 17, 5) == (3, 2)
    assert queue.run(int, "ff", base=16) == 255


def test_work_runs_on_a_thread_of_the_queue():
    assert HashQueue(threads=1, waiting=1).run(threading.get_ident) != threading.get_ident()


def test_queue_is_first_in_first_out(crowd):
    crowd = crowd(HashQueue(threads=1, waiting=10))
    crowd.occupy()
    requests = [crowd.line_up(number) for number in range(10)]
    crowd.release()
    for request in requests:
        request.result(60)
    assert crowd.done == list(range(10))


def test_full_queue_refuses_work(crowd):
    crowd = crowd(HashQueue(threads=1, waiting=2))
    crowd.occupy()
    requests = [crowd.line_up(1), crowd.line_up(2)]
    with pytest.raises(HashQueueFull):
        crowd.queue.run(crowd.done.append, 3)
    crowd.release()
    for request in requests:
        request.result(60)
    assert crowd.done == [1, 2]


def test_finished_work_frees_its_place(crowd):
    crowd = crowd(HashQueue(threads=1, waiting=0))
    busy = crowd.occupy()
    with pytest.raises(HashQueueFull):
        crowd.queue.run(int)
    crowd.release()
    assert busy.result(60)
    assert [crowd.queue.run(int, "7") for _ in range(5)] == [7] * 5


@pytest.mark.asvs("15.2.2")
def test_slots_are_limited_while_others_wait():
    """Work before the hash, such as counting an attempt, runs in few threads at once."""
    queue = HashQueue(threads=2, waiting=20)
    gate, lock, inside = threading.Event(), threading.Lock(), []

    def enter() -> None:
        with queue.slot() as slot:
            with lock:
                inside.append(1)
            assert gate.wait(60)
            slot.run(int)

    with ThreadPoolExecutor(20) as pool:
        requests = [pool.submit(enter) for _ in range(20)]
        while queue.state != (0, 20) or len(inside) < 4:
            os.sched_yield()
        assert len(inside) == 4
        gate.set()
        for request in requests:
            request.result(60)
    assert len(inside) == 20


def test_failed_work_raises_and_frees_its_place():
    queue = HashQueue(threads=1, waiting=0)
    for _ in range(5):
        with pytest.raises(ZeroDivisionError):
            queue.run(divmod, 1, 0)


@pytest.mark.asvs("6.3.8")
@pytest.mark.parametrize("password_hash", [None, "another's"])
def test_unknown_users_wait_in_the_same_queue(crowd, password_hash):
    """An unknown email address does not bypass the queue."""
    hasher = a_hasher(queue=1)
    crowd = crowd(hasher.queue)
    crowd.occupy()
    crowd.line_up(1)
    with pytest.raises(HashQueueFull):
        hasher.verify(password_hash, "seven green llamas")
    with pytest.raises(HashQueueFull):
        hasher.hash("seven green llamas")


@on_linux
def test_hashing_threads_have_a_lower_priority():
    """Other threads keep their priority."""
    priority = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    def niceness() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    assert HashQueue(threads=1, waiting=0).run(niceness) == min(priority + NICENESS, 19)
    assert niceness() == priority


@pytest.fixture
def pinned() -> Iterator[tuple[set[int], set[int]]]:
    """Pin this thread to a core; return that core, and all cores that it had."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    yield {min(cores)}, cores
    os.sched_setaffinity(0, cores)


@on_linux
@pytest.mark.skipif(os.cpu_count() == 1, reason="there is no other core")
def test_hashing_threads_run_on_the_chosen_cores(pinned):
    """Those of a pinned server leave its core."""
    core, cores = pinned
    others = cores - core
    used = HashQueue(threads=1, waiting=0, cores=tuple(others)).run(os.sched_getaffinity, 0)
    assert used == others
    assert os.sched_getaffinity(0) == core


@on_linux
@pytest.mark.parametrize("cores", [(), (1000,)], ids=["none chosen", "none exists"])
def test_hashing_threads_stay_where_the_operator_puts_the_process(pinned, cores):
    used = HashQueue(threads=1, waiting=0, cores=cores).run(os.sched_getaffinity, 0)
    assert used == pinned[0]


class RecordingObserver:
    """Keeps the calls of the queue."""

    def __init__(self) -> None:
        self.works: list[tuple[float, float]] = []
        self.refusals = 0

    def worked(self, *, waited: float, took: float) -> None:
        self.works.append((waited, took))

    def refused(self) -> None:
        self.refusals += 1


def test_observer_counts_work_and_refusals(crowd):
    observer = RecordingObserver()
    crowd = crowd(HashQueue(threads=1, waiting=1, observer=observer))
    busy = crowd.occupy()
    request = crowd.line_up(1)
    for _ in range(3):
        with pytest.raises(HashQueueFull):
            crowd.queue.run(int)
    assert observer.refusals == 3
    assert crowd.queue.state == (1, 1)
    crowd.release()
    assert busy.result(60)
    request.result(60)
    until(lambda: len(observer.works) == 2, "both calls")
    assert all(0 < seconds < 60 for work in observer.works for seconds in work)
    until(lambda: crowd.queue.state == (0, 0), "an empty queue")


def test_observer_counts_failed_work_and_one_wait_per_slot():
    observer = RecordingObserver()
    queue = HashQueue(threads=1, waiting=0, observer=observer)
    with queue.slot() as slot:
        slot.waited = 1000.0
        with pytest.raises(ZeroDivisionError):
            slot.run(divmod, 1, 0)
        assert slot.run(int, "7") == 7
    until(lambda: len(observer.works) == 2, "both calls")
    (first, _), (second, _) = observer.works
    assert first > 1000 > second


@pytest.mark.asvs("15.2.2")
def test_client_beyond_its_share_is_refused_and_others_are_not(crowd):
    """Eight places: two for a network, six for all unknown devices."""
    observer = RecordingObserver()
    crowd = crowd(HashQueue(threads=1, waiting=7, observer=observer))
    busy = crowd.occupy()
    flood = [crowd.line_up(number, HashClient("192.0.2.1")) for number in range(2)]
    with pytest.raises(HashQueueFull), crowd.queue.slot(HashClient("192.0.2.1")):
        pass
    assert observer.refusals == 1
    assert crowd.queue.state == (1, 2)
    user = crowd.line_up(7, HashClient("192.0.2.1", "ada@example.com"))
    other = crowd.line_up(8, HashClient("198.51.100.7"))
    crowd.release()
    assert busy.result(60)
    for request in (*flood, user, other):
        request.result(60)
    assert crowd.done == [0, 1, 7, 8]
    with crowd.queue.slot(HashClient("192.0.2.1")) as slot:
        assert slot.run(int, "7") == 7
