"""Run functions simultaneously, each on its own thread."""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


def at_once(functions: Iterable[Callable[[], T]]) -> list[T]:
    """Call all functions simultaneously; return their results, or raise the first exception."""
    functions = list(functions)
    barrier = threading.Barrier(len(functions))

    def run(function: Callable[[], T]) -> T:
        barrier.wait()
        return function()

    with ThreadPoolExecutor(len(functions)) as pool:
        return list(pool.map(run, functions))


@contextmanager
def meanwhile(functions: Iterable[Callable[[], object]]) -> Iterator[None]:
    """Call each function repeatedly while the block runs; raise its exception afterwards."""
    functions = list(functions)
    ended = threading.Event()

    def repeat(function: Callable[[], object]) -> None:
        while not ended.is_set():
            function()

    with ThreadPoolExecutor(len(functions)) as pool:
        running = [pool.submit(repeat, function) for function in functions]
        try:
            yield
        finally:
            ended.set()
            for each in running:
                each.result()
