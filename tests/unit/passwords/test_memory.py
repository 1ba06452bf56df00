"""How much memory the operator leaves to a process, in files of cgroups."""

import math
import os
from pathlib import Path

import pytest

from authsite.passwords.memory import available_memory, memory_limit

V2, V1 = "0::/{}\n", "9:memory:/{0}\n4:cpu,cpuacct:/{0}\n1:name=systemd:/{0}\n"
SERVICE = "system.slice/authsite@main.service"
MACHINE = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
#: What version 1 has for no limit.
UNLIMITED = 9223372036854771712


def write(folder: Path, **limits: object) -> None:
    """Write limits of a cgroup; an underscore after `memory` stands for a dot."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, limit in limits.items():
        (folder / name.replace("_", ".", 1)).write_text(f"{limit}\n")


@pytest.mark.parametrize(
    ("most", "high", "limit"),
    [("max", "max", math.inf), (4096, "max", 4096), ("max", 4096, 4096), (8192, 4096, 4096)],
)
def test_limit_of_version_2(tmp_path, most, high, limit):
    """systemd's `MemoryMax=` and `MemoryHigh=`."""
    write(tmp_path / SERVICE, memory_max=most, memory_high=high)
    assert memory_limit(V2.format(SERVICE), tmp_path) == limit


def test_limit_of_a_parent_applies(tmp_path):
    write(tmp_path / "system.slice", memory_max=4096)
    write(tmp_path / SERVICE, memory_max=8192)
    assert memory_limit(V2.format(SERVICE), tmp_path) == 4096


@pytest.mark.parametrize("path", ["docker/0123", ""])
def test_limit_of_version_1(tmp_path, path):
    """`docker run --memory`; the files of a container are at the root."""
    write(tmp_path / "memory" / path, memory_limit_in_bytes=4096)
    assert memory_limit(V1.format("docker/0123"), tmp_path) == 4096


@pytest.mark.parametrize("cgroups", ["", V1.format("docker/0123"), V2.format(SERVICE)])
def test_memory_without_files_is_without_limit(tmp_path, cgroups):
    assert memory_limit(cgroups, tmp_path) == math.inf


@pytest.mark.parametrize(("limit", "memory"), [(4096, 4096), (UNLIMITED, MACHINE)])
def test_memory_is_that_of_the_machine_at_most(tmp_path, limit, memory):
    write(tmp_path / "memory", memory_limit_in_bytes=limit)
    (tmp_path / "cgroup").write_text(V1.format(""))
    assert available_memory(own_cgroups=tmp_path / "cgroup", root=tmp_path) == memory


def test_memory_without_cgroups_is_that_of_the_machine(tmp_path):
    assert available_memory(own_cgroups=tmp_path / "missing") == MACHINE
