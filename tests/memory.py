"""A machine that has hardly any memory left, for as long as a block lasts."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: What a hash asks for that then finds no room, in KiB: a GiB.
TOO_MUCH = 1_048_576


@contextmanager
def little_memory(*, left: int = 2**28) -> Iterator[None]:
    """Let this process have so many bytes more: some, and less than a GiB."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + left, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
