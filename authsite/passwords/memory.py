"""The memory that the operator leaves to a process: by the limits of its cgroup."""

import contextlib
import math
import os
from pathlib import Path

from authsite.passwords.cgroups import OWN_CGROUPS, ROOT, cgroup_folders

#: By version, the files with limits in bytes; at `memory.high` Linux slows the processes down.
_LIMITS = {1: ("memory.limit_in_bytes",), 2: ("memory.max", "memory.high")}


def available_memory(*, own_cgroups: Path = OWN_CGROUPS, root: Path = ROOT) -> int:
    """Return the bytes of memory of this machine, or of the cgroup of this process if fewer."""
    limit = math.inf
    with contextlib.suppress(OSError):  # not Linux
        limit = memory_limit(own_cgroups.read_text(), root)
    return int(min(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), limit))


def memory_limit(cgroups: str, root: Path) -> float:
    """Return how many bytes a process may use; infinity without a limit.

    `cgroups` and `root` are as for `cgroup_folders`. Version 1 has a huge number for no limit.
    """
    limits = [math.inf]
    for version, folder in cgroup_folders(cgroups, root, "memory"):
        for name in _LIMITS[version]:
            with contextlib.suppress(OSError):
                text = (folder / name).read_text().strip()
                limits.append(math.inf if text == "max" else int(text))
    return min(limits)
