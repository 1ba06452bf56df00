"""A full hash queue, whose hashes end when the test lets them."""

import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager

from authsite.passwords.hash_queue import HashQueueFull
from authsite.passwords.hasher import PasswordHasher

#: Settings of a site with one hash thread and one waiting hash.
BUSY = {"authsite.passwords.hash_threads": "1", "authsite.passwords.hash_queue_size": "1"}


@contextmanager
def full_queue(hasher: PasswordHasher) -> Iterator[None]:
    """Fill the queue of such a site; every further hash is refused."""
    gate = threading.Event()
    with ThreadPoolExecutor(3) as pool:
        work = [pool.submit(hasher.queue.run, gate.wait) for _ in range(3)]
        try:
            refused, _ = wait(work, return_when=FIRST_COMPLETED)
            assert isinstance(refused.pop().exception(), HashQueueFull)
            yield
        finally:
            gate.set()
