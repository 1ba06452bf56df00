"""Reading users from a file or stdin: CSV, or one JSON object a line."""

import csv
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from authsite.importing.errors import UnusableSource
from authsite.importing.fields import find_columns, require_columns
from authsite.importing.imported_user import ImportedUser, Rejection, RejectionReason
from authsite.importing.reader import Reader
from authsite.importing.source import ImportOptions, Source

#: The argument for stdin, by convention.
STANDARD_INPUT = "-"
#: Bytes, so that a file of another kind does not fill the memory.
MAX_LINE = 1024 * 1024
_REQUIRED = ("email", "password")
_DELIMITERS = ",;\t"

_Users = Iterator[ImportedUser | Rejection]


@contextmanager
def open_lines(
    location: str,
    read: Callable[[Iterator[str], Reader, ImportOptions], _Users],
    reader: Reader,
    options: ImportOptions,
) -> Iterator[Source]:
    """Open a file whose lines `read` reads; raises `UnusableSource`."""
    if location == STANDARD_INPUT:
        yield Source(users=read(_lines(sys.stdin.buffer), reader, options))
        return
    try:
        file = Path(location).open("rb")  # noqa: SIM115 - closed below; here are other errors
    except OSError as error:
        raise UnusableSource(f"can't read {location}: {error.strerror}") from error
    with file:
        yield Source(users=read(_lines(file), reader, options), total=_count(file))


def read_csv(lines: Iterator[str], reader: Reader, options: ImportOptions) -> _Users:
    """Yield the users of a CSV file with a header, delimited by `,`, `;` or tabs."""
    first = next(lines, "")
    delimiter = max(_DELIMITERS, key=first.count)
    try:
        names = next(csv.reader([first], delimiter=delimiter), [])
    except csv.Error as error:
        raise UnusableSource(f"the first line has no column names: {error}") from error
    columns = require_columns(_REQUIRED, names, chosen=options.columns, where="the first line")
    indexes = {field: names.index(column) for field, column in columns.items()}
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        first_line = rows.line_num + 2
        try:
            row = next(rows, None)
        except csv.Error:
            yield _unreadable(_line_range(first_line, rows.line_num + 1))
            continue
        if row is None:
            return
        place = _line_range(first_line, rows.line_num + 1)
        if len(row) == len(names):
            cells = {field: row[index] for field, index in indexes.items()}
            yield reader.read_user(cells, place=place)
        elif row:
            yield _unreadable(place)


def _line_range(first: int, last: int) -> str:
    """Return the lines of a row; one with an unclosed quote includes others."""
    return f"line {first}" if last <= first else f"lines {first} to {last}"


def read_json_lines(lines: Iterator[str], reader: Reader, options: ImportOptions) -> _Users:
    """Yield the users of a file with an object a line.

    The first object must have all required fields; later ones may omit empty ones.
    """

    @lru_cache
    def columns_among(names: tuple[str, ...]) -> dict[str, str]:
        return find_columns(names, options.columns)

    is_first = True
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        user = _parse_object(line)
        if user is None:
            yield _unreadable(f"line {number}")
            continue
        names = tuple(user)
        if is_first:
            require_columns(_REQUIRED, names, chosen=options.columns, where="the first line")
            is_first = False
        cells = {field: user[column] for field, column in columns_among(names).items()}
        yield reader.read_user(cells, place=f"line {number}")


def _parse_object(line: str) -> dict[str, object] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _unreadable(place: str) -> Rejection:
    return Rejection(place, "", RejectionReason.UNREADABLE)


def _lines(file: BinaryIO) -> Iterator[str]:
    """Yield the lines; bytes that are not UTF-8 affect their own line only."""
    number = 0
    while raw := file.readline(MAX_LINE):
        number += 1
        if len(raw) == MAX_LINE and not raw.endswith(b"\n"):
            raise UnusableSource(f"line {number} is longer than {MAX_LINE} bytes")
        line = raw.decode("utf-8", "replace")
        yield line.removeprefix("\ufeff") if number == 1 else line


def _count(file: BinaryIO) -> int | None:
    """Return the number of lines; None if the file can be read only once."""
    if not file.seekable():
        return None
    lines = sum(block.count(b"\n") for block in iter(lambda: file.read(MAX_LINE), b""))
    file.seek(0)
    return lines
