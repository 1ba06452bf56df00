"""A queue of hashes that is full, with real work that is not done before the test says so."""

import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager

from authsite.passwords.hash_queue import HashQueueFull
from authsite.passwords.hasher import PasswordHasher

#: Settings of a site on which one hash is computed and one may wait.
BUSY = {"authsite.passwords.hash_threads": "1", "authsite.passwords.hash_queue_size": "1"}


@contextmanager
def full_queue(hasher: PasswordHasher) -> Iterator[None]:
    """Take both places of such a queue: the third who comes is the first to be told something."""
    gate = threading.Event()
    with ThreadPoolExecutor(3) as pool:
        work = [pool.submit(hasher.queue.run, gate.wait) for _ in range(3)]
        try:
            refused, _ = wait(work, return_when=FIRST_COMPLETED)
            assert isinstance(refused.pop().exception(), HashQueueFull)
            yield
        finally:
            gate.set()
