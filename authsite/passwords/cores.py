"""The cores that the operator leaves to a process: by taskset, and by the quota of its cgroup."""

import contextlib
import math
import os
import sys
from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath

#: The cgroups of this process, and where their files are.
OWN_CGROUPS = Path("/proc/self/cgroup")
ROOT = Path("/sys/fs/cgroup")


def available_cores(
    chosen: Collection[int] = (), *, own_cgroups: Path = OWN_CGROUPS, root: Path = ROOT
) -> int:
    """Return how many cores can compute at a time, at least one.

    They are those of the chosen ones that exist, or those that the process may use. A quota of
    CPU time (`docker run --cpus`, systemd's `CPUQuota`) is rounded down: a process that has used up
    its quota stops for the rest of the period, and its pages with it.
    """
    existing = [core for core in chosen if core < (os.cpu_count() or 1)]
    quota = math.inf
    with contextlib.suppress(OSError):  # not Linux
        quota = cpu_quota(own_cgroups.read_text(), root)
    return max(1, math.floor(min(len(existing or _allowed_cores()), quota)))


def cpu_quota(cgroups: str, root: Path) -> float:
    """Return the CPU time that a process may use, in cores; infinity without a limit.

    `cgroups` is the text of its /proc/PID/cgroup, `root` where the file system of cgroups is. The
    limits of parents apply, too. In a container, the root is the cgroup of the container, and the
    path may be that of the host, which is not there.
    """
    quotas = [math.inf]
    for line in cgroups.splitlines():
        _, controllers, path = line.split(":", 2)
        if not controllers or "cpu" in controllers.split(","):
            read = _quota_v1 if controllers else _quota_v2
            for folder in _with_parents(root / controllers, path):
                with contextlib.suppress(OSError):
                    quotas.append(read(folder))
    return min(quotas)


def _allowed_cores() -> Collection[int]:
    if sys.platform == "linux":
        return os.sched_getaffinity(0)
    return range(os.cpu_count() or 1)  # pragma: no cover - the tests run on Linux


def _with_parents(folder: Path, path: str) -> Iterator[Path]:
    yield folder
    for part in PurePosixPath(path).parts[1:]:
        folder /= part
        yield folder


def _quota_v2(folder: Path) -> float:
    quota, period = (folder / "cpu.max").read_text().split()
    return math.inf if quota == "max" else int(quota) / int(period)


def _quota_v1(folder: Path) -> float:
    quota = int((folder / "cpu.cfs_quota_us").read_text())
    period = int((folder / "cpu.cfs_period_us").read_text())
    return quota / period if quota > 0 else math.inf
