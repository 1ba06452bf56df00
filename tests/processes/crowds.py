"""Many people at the same time: each on a thread of their own."""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


def at_once(acts: Iterable[Callable[[], T]]) -> list[T]:
    """Do all acts at the same moment; return what each returned, or raise what the first raised."""
    acts = list(acts)
    barrier = threading.Barrier(len(acts))

    def run(act: Callable[[], T]) -> T:
        barrier.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


@contextmanager
def meanwhile(acts: Iterable[Callable[[], object]]) -> Iterator[None]:
    """Do each act over and over while the block runs; what one of them raised is raised here."""
    acts = list(acts)
    over = threading.Event()

    def repeat(act: Callable[[], object]) -> None:
        while not over.is_set():
            act()

    with ThreadPoolExecutor(len(acts)) as pool:
        running = [pool.submit(repeat, act) for act in acts]
        try:
            yield
        finally:
            over.set()
            for each in running:
                each.result()
