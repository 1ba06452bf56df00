"""The report of those whom an import refuses: a CSV file of who and why."""

import csv
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from authsite.accounts.foreign_users import Refusal
from authsite.commands.not_done import NotDone

_HEADER = ("who", "email", "reason", "detail")
#: With these a spreadsheet takes a cell for a formula (ASVS 1.2.10).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

#: Takes down some refusals.
Report = Callable[[Sequence[Refusal]], None]


@contextmanager
def report_to(path: Path | None) -> Iterator[Report]:
    """Open the report, which nobody else may read; without a path nothing is written.

    Only a report gives way to a report: whatever else is there was named by mistake, and is
    refused with `NotDone`.
    """
    if path is None:
        yield lambda _refusals: None
        return
    try:
        _demand_replaceable(path)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as error:
        raise NotDone(f"{path} cannot be written: {error.strerror}") from error
    with open(handle, "w", encoding="utf-8", errors="replace", newline="") as file:  # noqa: PTH123 - a handle
        writer = csv.writer(file)
        writer.writerow(_HEADER)

        def report(refusals: Sequence[Refusal]) -> None:
            writer.writerows(map(_row, refusals))
            file.flush()

        yield report


def _demand_replaceable(path: Path) -> None:
    header = ",".join(_HEADER).encode("ascii")
    if path.exists():
        with path.open("rb") as file:
            begins = file.read(len(header))
        if begins not in {b"", header}:
            raise NotDone(f"{path} is there already, and is no report of an import")


def _row(refusal: Refusal) -> list[str]:
    """Return the cells; what is no address is left out, since it may be anything."""
    email = refusal.email if "@" in refusal.email else ""
    return [_safe(cell) for cell in (refusal.who, email, refusal.reason, refusal.detail)]


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
