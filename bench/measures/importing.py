"""The time and memory of an import."""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figures import TIMES, Figure
from bench.run import Run
from bench.server import INI, ROOT, environment, new_database, program

#: Of Devise; an import does not verify it.
_HASH = "$2a$12$bispgoe3XcIWS67UtSlTOebNVvdnryeQY8CW27peEuFEBq4ElH/.e"


def measure(run: Run) -> Iterator[Figure]:
    """Import users of a CSV file into an empty database, then the same users again."""
    number = run.rows(100_000)
    few, many = number // 10, number
    _, little = _import(run, "few", few)
    seconds, megabytes = _import(run, "many", many)
    again, _ = _run(run, "many")
    people = f"{many:,}".replace(",", " ")
    yield Figure(
        measure=f"import of {people} people",
        value=seconds,
        unit="s",
        under=60,
        note=f"{many / seconds:.0f} a second; {again:.1f} s again, when all exist",
    )
    yield Figure(
        measure=f"import of {people} people: highest memory ÷ that for a tenth of them",
        value=megabytes / little,
        unit=TIMES,
        under=1.1,
        note=f"{megabytes:.0f} ÷ {little:.0f} MB",
    )


def _import(run: Run, name: str, number: int) -> tuple[float, float]:
    new_database(run, f"import-{name}")
    with _users_file(run, name).open("w") as file:
        file.write("id,email,first_name,last_name,hash,created_at,email_verified\n")
        for each in range(number):
            known = f"Grace,Hopper,{_HASH},2024-05-17T12:00:00Z,true"
            file.write(f"{each},person{each}@example.com,{known}\n")
    return _run(run, name)


def _run(run: Run, name: str) -> tuple[float, float]:
    """Return seconds, and the highest memory of the process in MB."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [program("authsite"), "import", str(INI), "csv", str(_users_file(run, name))],
        cwd=ROOT,
        env=environment(run.folder / f"import-{name}.sqlite"),
        stdout=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError("a user was rejected")
    return time.perf_counter() - started, usage.ru_maxrss * 1024 / 1e6


def _users_file(run: Run, name: str) -> Path:
    return run.folder / f"import-{name}.csv"
