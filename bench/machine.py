"""The machine of a run: figures of two machines cannot be compared, ratios mostly can."""

import os
import platform
import sqlite3
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench.run import Run

_PACKAGES = ("pyramid", "waitress", "sqlalchemy", "jinja2", "argon2-cffi")


def describe_machine(run: Run) -> dict[str, str]:
    """Return what readers of the figures want to know, by name."""
    packages = ", ".join(f"{package} {version(package)}" for package in _PACKAGES)
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "processor": f"{_processor()}, {len(run.cores)} cores",
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 1e9:.1f} GB",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "Python": f"{platform.python_version()}, SQLite {sqlite3.sqlite_version}",
        "packages": packages,
        "rounds": f"{run.rounds} of {run.seconds} s for each load",
        "load average before": f"{os.getloadavg()[0]:.2f}",
    }


def resident_megabytes(pid: int) -> float:
    """Return the memory of a process in MB (10^6 bytes)."""
    return _status_of(pid, "VmRSS") * 1024 / 1e6


def highest_megabytes(pid: int) -> float:
    """Return the highest memory that a process has had, in MB."""
    return _status_of(pid, "VmHWM") * 1024 / 1e6


def _status_of(pid: int, name: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise LookupError(name)


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or "unknown"
