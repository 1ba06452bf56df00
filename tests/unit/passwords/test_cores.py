"""How many cores the operator leaves to a process, in files of cgroups and in real processes."""

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from authsite.passwords.cores import available_cores, cpu_quota

V2, V1 = "0::/{}\n", "4:cpu,cpuacct:/{0}\n2:cpuset:/{0}\n1:name=systemd:/{0}\n"
SERVICE = "system.slice/authsite@main.service"

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="has taskset and nice per thread")


def write(folder: Path, **files: str) -> None:
    """Write the files of a cgroup; an underscore stands for a dot."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("_", ".", 1)).write_text(f"{text}\n")


@pytest.mark.parametrize(
    ("text", "quota"),
    [("max 100000", math.inf), ("150000 100000", 1.5), ("20000 10000", 2), ("5000 100000", 0.05)],
)
def test_quota_of_version_2(tmp_path, text, quota):
    """systemd's `CPUQuota=150%`, for example."""
    write(tmp_path / SERVICE, cpu_max=text)
    assert cpu_quota(V2.format(SERVICE), tmp_path) == quota


def test_quota_of_a_parent_applies(tmp_path):
    write(tmp_path / "system.slice", cpu_max="200000 100000")
    write(tmp_path / SERVICE, cpu_max="300000 100000")
    assert cpu_quota(V2.format(SERVICE), tmp_path) == 2


@pytest.mark.parametrize("path", ["", "system.slice/docker-0123.scope", "../../elsewhere"])
def test_quota_of_a_container_is_at_the_root(tmp_path, path):
    """The path may be that of the host."""
    write(tmp_path, cpu_max="100000 100000")
    assert cpu_quota(V2.format(path), tmp_path) == 1


@pytest.mark.parametrize(("microseconds", "quota"), [("-1", math.inf), ("250000", 2.5)])
@pytest.mark.parametrize("path", ["docker/0123", ""])
def test_quota_of_version_1(tmp_path, microseconds, quota, path):
    """`docker run --cpus=2.5`; the files of a container are at the root."""
    for name in (microseconds, "100000"):
        write(tmp_path / "cpu,cpuacct" / path)
        file = "cpu.cfs_quota_us" if name == microseconds else "cpu.cfs_period_us"
        (tmp_path / "cpu,cpuacct" / path / file).write_text(f"{name}\n")
    assert cpu_quota(V1.format(path), tmp_path) == quota


@pytest.mark.parametrize("cgroups", ["", V1.format("docker/0123"), V2.format(SERVICE)])
def test_quota_without_files_is_no_limit(tmp_path, cgroups):
    assert cpu_quota(cgroups, tmp_path) == math.inf


@pytest.mark.parametrize(
    ("text", "cores"), [("50000 100000", 1), ("190000 100000", 1), ("max 100000", None)]
)
def test_quota_is_rounded_down_but_one_core_remains(tmp_path, text, cores):
    write(tmp_path, cpu_max=text)
    (tmp_path / "cgroup").write_text("0::/\n")
    found = available_cores(own_cgroups=tmp_path / "cgroup", root=tmp_path)
    assert found == (cores or len(os.sched_getaffinity(0)))


@pytest.mark.parametrize(
    ("chosen", "cores"), [((), None), ((0,), 1), ((0, 5000), 1), ((5000,), None)]
)
def test_cores_are_those_chosen_that_exist_or_those_allowed(tmp_path, chosen, cores):
    """Without cgroups, there is no quota."""
    found = available_cores(chosen, own_cgroups=tmp_path / "missing")
    assert found == (cores or len(os.sched_getaffinity(0)))


PROGRAM = """
import os
from authsite.passwords.cores import available_cores
from authsite.passwords.hash_queue import HashQueue
queue = HashQueue(threads=1, waiting=0)
print(available_cores(), queue.run(os.nice, 0), sorted(queue.run(os.sched_getaffinity, 0)))
print(os.nice(0))
"""


def output_of(*prefix: str) -> list[str]:
    """Run the program under a command; return its lines."""
    done = subprocess.run(
        [*prefix, sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


@on_linux
def test_taskset_and_nice_of_the_operator_are_respected():
    """Hashes stay on the core that the process has, at a priority relative to its own."""
    core = max(os.sched_getaffinity(0))
    own = os.nice(0)
    hashing, serving = output_of("nice", "-n", "4", "taskset", "-c", str(core))
    assert hashing == f"1 {min(own + 14, 19)} [{core}]"
    assert serving == str(min(own + 4, 19))


@on_linux
def test_nicest_process_hashes_at_its_own_priority():
    hashing, serving = output_of("nice", "-n", "19")
    assert hashing.split()[1] == serving == "19"
