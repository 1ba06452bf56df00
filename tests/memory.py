"""Limit the memory of the process for a block."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: A memory cost in KiB that exceeds the limit: a GiB.
TOO_MUCH = 1_048_576


@contextmanager
def little_memory(*, left: int = 2**28) -> Iterator[None]:
    """Let this process allocate at most this number of bytes, less than a GiB."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + left, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
