"""The cores that the operator leaves to a process: by taskset, and by the quota of its cgroup."""

import contextlib
import math
import os
import sys
from collections.abc import Collection
from pathlib import Path

from authsite.passwords.cgroups import OWN_CGROUPS, ROOT, cgroup_folders


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

    `cgroups` and `root` are as for `cgroup_folders`.
    """
    quotas = [math.inf]
    for version, folder in cgroup_folders(cgroups, root, "cpu"):
        with contextlib.suppress(OSError):
            quotas.append(_QUOTA[version](folder))
    return min(quotas)


def _allowed_cores() -> Collection[int]:
    if sys.platform == "linux":
        return os.sched_getaffinity(0)
    return range(os.cpu_count() or 1)  # pragma: no cover - the tests run on Linux


def _quota_v2(folder: Path) -> float:
    quota, period = (folder / "cpu.max").read_text().split()
    return math.inf if quota == "max" else int(quota) / int(period)


def _quota_v1(folder: Path) -> float:
    quota = int((folder / "cpu.cfs_quota_us").read_text())
    period = int((folder / "cpu.cfs_period_us").read_text())
    return quota / period if quota > 0 else math.inf


#: How each version of cgroups has it.
_QUOTA = {1: _quota_v1, 2: _quota_v2}
