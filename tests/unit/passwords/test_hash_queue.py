"""The queue before the hashing threads: bounded, in order, and out of everybody's way."""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from authsite.passwords.hash_queue import NICENESS, HashQueue, HashQueueFull
from tests.factories import a_hasher
from tests.processes.servers import until

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="counted per thread on Linux only")


class Crowd:
    """Many who want something from one queue of one thread, which is kept busy until `let_go`."""

    def __init__(self, people: ThreadPoolExecutor, queue: HashQueue) -> None:
        self._people = people
        self._gate = threading.Event()
        self.queue = queue
        self.done: list[int] = []

    def occupy(self) -> Future[bool]:
        """Give the only thread something to do; return when it does it."""
        at_work = threading.Event()

        def work() -> bool:
            at_work.set()
            return self._gate.wait(60)

        busy = self._people.submit(self.queue.run, work)
        assert at_work.wait(60)
        return busy

    def line_up(self, number: int) -> Future[None]:
        """Let somebody wait in the queue; return when they do."""
        before = self._waiting
        somebody = self._people.submit(self.queue.run, self.done.append, number)
        while self._waiting == before:
            os.sched_yield()
        return somebody

    @property
    def _waiting(self) -> int:
        """How many wait for a turn, or for a thread."""
        _running, waiting = self.queue.state
        return waiting

    def let_go(self) -> None:
        self._gate.set()


@pytest.fixture
def crowd() -> Iterator[Callable[[HashQueue], Crowd]]:
    made: list[Crowd] = []
    with ThreadPoolExecutor(20) as people:

        def gather(queue: HashQueue) -> Crowd:
            made.append(Crowd(people, queue))
            return made[-1]

        yield gather
        for crowd in made:
            crowd.let_go()


def test_what_the_work_returns_is_returned():
    queue = HashQueue(threads=1, waiting=1)
    assert queue.run(divmod, 17, 5) == (3, 2)
    assert queue.run(int, "ff", base=16) == 255


def test_work_is_done_on_a_thread_of_the_queue():
    assert HashQueue(threads=1, waiting=1).run(threading.get_ident) != threading.get_ident()


def test_who_comes_first_is_served_first(crowd):
    crowd = crowd(HashQueue(threads=1, waiting=10))
    crowd.occupy()
    people = [crowd.line_up(number) for number in range(10)]
    crowd.let_go()
    for somebody in people:
        somebody.result(60)
    assert crowd.done == list(range(10))


def test_who_finds_every_place_taken_is_sent_away_at_once(crowd):
    crowd = crowd(HashQueue(threads=1, waiting=2))
    crowd.occupy()
    people = [crowd.line_up(1), crowd.line_up(2)]
    with pytest.raises(HashQueueFull):
        crowd.queue.run(crowd.done.append, 3)
    crowd.let_go()
    for somebody in people:
        somebody.result(60)
    assert crowd.done == [1, 2]


def test_a_place_is_free_again_when_its_work_is_done(crowd):
    crowd = crowd(HashQueue(threads=1, waiting=0))
    busy = crowd.occupy()
    with pytest.raises(HashQueueFull):
        crowd.queue.run(int)
    crowd.let_go()
    assert busy.result(60)
    assert [crowd.queue.run(int, "7") for _ in range(5)] == [7] * 5


@pytest.mark.asvs("15.2.2")
def test_few_have_their_turn_however_many_wait():
    """So that what they do before their work, such as counting a try, is done by few at once."""
    queue = HashQueue(threads=2, waiting=20)
    gate, lock, inside = threading.Event(), threading.Lock(), []

    def come() -> None:
        with queue.slot() as slot:
            with lock:
                inside.append(1)
            assert gate.wait(60)
            slot.run(int)

    with ThreadPoolExecutor(20) as people:
        coming = [people.submit(come) for _ in range(20)]
        while queue.state != (0, 20) or len(inside) < 4:
            os.sched_yield()
        assert len(inside) == 4
        gate.set()
        for somebody in coming:
            somebody.result(60)
    assert len(inside) == 20


def test_errors_pass_through_and_free_their_place():
    queue = HashQueue(threads=1, waiting=0)
    for _ in range(5):
        with pytest.raises(ZeroDivisionError):
            queue.run(divmod, 1, 0)


@pytest.mark.asvs("6.3.8")
@pytest.mark.parametrize("password_hash", [None, "somebody's"])
def test_known_and_unknown_people_wait_in_the_same_queue(crowd, password_hash):
    """An unknown address is no short cut."""
    hasher = a_hasher(queue=1)
    crowd = crowd(hasher.queue)
    crowd.occupy()
    crowd.line_up(1)
    with pytest.raises(HashQueueFull):
        hasher.verify(password_hash, "seven green llamas")
    with pytest.raises(HashQueueFull):
        hasher.hash("seven green llamas")


@on_linux
def test_hashing_gives_way_to_pages():
    """The others keep their priority."""
    priority = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    def niceness() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    assert HashQueue(threads=1, waiting=0).run(niceness) == max(priority, NICENESS)
    assert niceness() == priority


@on_linux
@pytest.mark.skipif(os.cpu_count() == 1, reason="there is no other core")
def test_hashing_may_use_the_cores_that_the_server_is_not_pinned_to():
    cores = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(cores)})
        used = HashQueue(threads=1, waiting=0).run(os.sched_getaffinity, 0)
        assert os.sched_getaffinity(0) == {min(cores)}
    finally:
        os.sched_setaffinity(0, cores)
    assert cores <= used
    assert len(used) > 1


class Told:
    """Who watches a queue and keeps what they are told."""

    def __init__(self) -> None:
        self.works: list[tuple[float, float]] = []
        self.refusals = 0

    def worked(self, *, waited: float, took: float) -> None:
        self.works.append((waited, took))

    def refused(self) -> None:
        self.refusals += 1


def test_who_watches_is_told_of_each_piece_of_work_and_of_all_who_are_sent_away(crowd):
    told = Told()
    crowd = crowd(HashQueue(threads=1, waiting=1, observer=told))
    busy = crowd.occupy()
    somebody = crowd.line_up(1)
    for _ in range(3):
        with pytest.raises(HashQueueFull):
            crowd.queue.run(int)
    assert told.refusals == 3
    assert crowd.queue.state == (1, 1)
    crowd.let_go()
    assert busy.result(60)
    somebody.result(60)
    until(lambda: len(told.works) == 2, "a word of both")
    assert all(0 < seconds < 60 for work in told.works for seconds in work)
    until(lambda: crowd.queue.state == (0, 0), "an empty queue")


def test_work_that_fails_is_told_of_too_and_a_turn_is_waited_for_once():
    told = Told()
    queue = HashQueue(threads=1, waiting=0, observer=told)
    with queue.slot() as slot:
        slot.waited = 1000.0
        with pytest.raises(ZeroDivisionError):
            slot.run(divmod, 1, 0)
        assert slot.run(int, "7") == 7
    until(lambda: len(told.works) == 2, "a word of both")
    (first, _), (second, _) = told.works
    assert first > 1000 > second
