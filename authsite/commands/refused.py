"""The report of those whom an import refuses: a CSV file of who and why."""

import csv
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from authsite.commands.not_done import NotDone
from authsite.importing.imported_user import Rejection

_HEADER = ("who", "email", "reason", "detail")
#: With these a spreadsheet takes a cell for a formula (ASVS 1.2.10).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

#: Takes down some refusals.
Report = Callable[[Sequence[Rejection]], None]


@contextmanager
def report_to(path: Path | None) -> Iterator[Report]:
    """Make the report, which nobody else may read; without a path nothing is written.

    Only a report gives way to a report: whatever else is there was named by mistake, and is
    refused with `NotDone`. It is a new file each time, whoever could read the former one.
    """
    if path is None:
        yield lambda _refusals: None
        return
    try:
        _clear(path)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise NotDone(f"{path} cannot be written: {error.strerror}") from error
    with open(handle, "w", encoding="utf-8", errors="replace", newline="") as file:  # noqa: PTH123 - a handle
        writer = csv.writer(file)
        writer.writerow(_HEADER)

        def report(refusals: Sequence[Rejection]) -> None:
            writer.writerows(map(_row, refusals))
            file.flush()

        yield report


def _clear(path: Path) -> None:
    """Take a former report away; a link, a device and a pipe are none."""
    if not os.path.lexists(path):
        return
    if path.is_symlink() or not path.is_file() or not _is_report(path):
        raise NotDone(f"{path} is there already, and is no report of an import")
    path.unlink()


def _is_report(path: Path) -> bool:
    header = ",".join(_HEADER).encode("ascii")
    with path.open("rb") as file:
        return file.read(len(header)) in {b"", header}


def _row(refusal: Rejection) -> list[str]:
    """Return the cells; what is no address is left out, since it may be anything."""
    email = refusal.email if "@" in refusal.email else ""
    return [_safe(cell) for cell in (refusal.who, email, refusal.reason, refusal.detail)]


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
