"""The report of an import: a CSV file of the rejected users and the reasons."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from authsite.audit.csv import csv_lines
from authsite.cli.errors import CommandError
from authsite.importing.imported_user import Rejection

_HEADER = ("row", "external_id", "email", "reason", "hash_format", "detail")

WriteReport = Callable[[Sequence[Rejection]], None]


@contextmanager
def open_report(path: Path | None) -> Iterator[WriteReport]:
    """Create the report, readable by its owner only; without a path nothing is written.

    A report replaces an earlier one, as a new file. Any other file was named by mistake and raises
    `CommandError`.
    """
    if path is None:
        yield lambda _rejections: None
        return
    try:
        _remove_earlier(path)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}") from error
    with open(handle, "w", encoding="utf-8", errors="replace", newline="") as file:  # noqa: PTH123 - a handle
        file.writelines(csv_lines([_HEADER]))

        def write(rejections: Sequence[Rejection]) -> None:
            file.writelines(csv_lines(map(_row, rejections)))
            file.flush()

        yield write


def _remove_earlier(path: Path) -> None:
    """Delete an earlier report; raise `CommandError` for any other file, link, device or pipe."""
    if not os.path.lexists(path):
        return
    if path.is_symlink() or not path.is_file() or not _is_report(path):
        raise CommandError(f"{path} exists and is no report of an import")
    path.unlink()


def _is_report(path: Path) -> bool:
    header = "".join(csv_lines([_HEADER])).encode("ascii")
    with path.open("rb") as file:
        return file.read(len(header)) in {b"", header}


def _row(rejection: Rejection) -> list[str]:
    """Return the cells; text without an @ is left out of the email, since it may be a hash."""
    email = rejection.email if "@" in rejection.email else ""
    return [
        rejection.place,
        rejection.external_id,
        email,
        rejection.reason,
        rejection.hash_format,
        rejection.detail,
    ]
