"""The cgroups of this process: where Linux has their limits, in both versions."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

#: The cgroups of this process, and where their files are.
OWN_CGROUPS = Path("/proc/self/cgroup")
ROOT = Path("/sys/fs/cgroup")


def cgroup_folders(cgroups: str, root: Path, controller: str) -> Iterator[tuple[int, Path]]:
    """Yield the version and the folder of each cgroup whose limit of `controller` applies.

    `cgroups` is the text of /proc/PID/cgroup of a process, `root` where the file system of cgroups
    is. The limits of parents apply, too. In a container, the root is the cgroup of the container,
    and the path may be that of the host, which is not there.
    """
    for line in cgroups.splitlines():
        _, controllers, path = line.split(":", 2)
        if not controllers or controller in controllers.split(","):
            for folder in _with_parents(root / controllers, path):
                yield 1 if controllers else 2, folder


def _with_parents(folder: Path, path: str) -> Iterator[Path]:
    yield folder
    for part in PurePosixPath(path).parts[1:]:
        folder /= part
        yield folder
