"""People in a file of lines, or on the standard input: CSV, and one JSON object a line."""

import csv
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from authsite.importing.errors import UnusableSource
from authsite.importing.fields import columns_of, demand
from authsite.importing.imported_user import ImportedUser, Rejection, RejectionReason
from authsite.importing.people import Reader
from authsite.importing.source import ImportOptions, Source

#: For the standard input, as programs write it.
STANDARD_INPUT = "-"
#: Bytes; whatever is longer was not written for this.
MAX_LINE = 1024 * 1024
_NEEDED = ("email", "password")
_DELIMITERS = ",;\t"

_People = Iterator[ImportedUser | Rejection]


@contextmanager
def open_lines(
    place: str,
    read: Callable[[Iterator[str], Reader, ImportOptions], _People],
    reader: Reader,
    asked: ImportOptions,
) -> Iterator[Source]:
    """Open a file of lines, which `read` reads; raises `UnusableSource`."""
    if place == STANDARD_INPUT:
        yield Source(people=read(_lines(sys.stdin.buffer), reader, asked))
        return
    try:
        file = Path(place).open("rb")  # noqa: SIM115 - closed below, by a block of its own errors
    except OSError as error:
        raise UnusableSource(f"can't read {place}: {error.strerror}") from error
    with file:
        yield Source(people=read(_lines(file), reader, asked), total=_count(file))


def read_csv(lines: Iterator[str], reader: Reader, asked: ImportOptions) -> _People:
    """Yield the people of a file with a line of names first, and cells between `,`, `;` or tabs."""
    first = next(lines, "")
    delimiter = max(_DELIMITERS, key=first.count)
    try:
        names = next(csv.reader([first], delimiter=delimiter), [])
    except csv.Error as error:
        raise UnusableSource(f"the first line has no column names: {error}") from error
    columns = demand(_NEEDED, names, chosen=asked.columns, where="the first line")
    places = {field: names.index(column) for field, column in columns.items()}
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        begins = rows.line_num + 2
        try:
            row = next(rows, None)
        except csv.Error:
            yield _unreadable(_lines_from(begins, to=rows.line_num + 1))
            continue
        if row is None:
            return
        where = _lines_from(begins, to=rows.line_num + 1)
        if len(row) == len(names):
            cells = {field: row[place] for field, place in places.items()}
            yield reader.person_of(cells, place=where)
        elif row:
            yield _unreadable(where)


def _lines_from(begins: int, *, to: int) -> str:
    """Return where a row stands; one with a quote that is never closed takes others with it."""
    return f"line {begins}" if to <= begins else f"lines {begins} to {to}"


def read_json_lines(lines: Iterator[str], reader: Reader, asked: ImportOptions) -> _People:
    """Yield the people of a file with an object a line, of which the first has all that is needed.

    Later ones may lack what they have not.
    """

    @lru_cache
    def columns_among(names: tuple[str, ...]) -> dict[str, str]:
        return columns_of(names, asked.columns)

    is_first = True
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        person = _object(line)
        if person is None:
            yield _unreadable(f"line {number}")
            continue
        names = tuple(person)
        if is_first:
            _demand_all(names, asked)
            is_first = False
        cells = {field: person[column] for field, column in columns_among(names).items()}
        yield reader.person_of(cells, place=f"line {number}")


def _demand_all(names: Sequence[str], asked: ImportOptions) -> None:
    demand(_NEEDED, names, chosen=asked.columns, where="the first line")


def _object(line: str) -> dict[str, object] | None:
    try:
        read = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None


def _unreadable(where: str) -> Rejection:
    return Rejection(where, "", RejectionReason.UNREADABLE)


def _lines(file: BinaryIO) -> Iterator[str]:
    """Yield the lines; bytes that are no UTF-8 spoil their own line and no other."""
    number = 0
    while raw := file.readline(MAX_LINE):
        number += 1
        if len(raw) == MAX_LINE and not raw.endswith(b"\n"):
            raise UnusableSource(f"line {number} is longer than {MAX_LINE} bytes")
        line = raw.decode("utf-8", "replace")
        yield line.removeprefix("\ufeff") if number == 1 else line


def _count(file: BinaryIO) -> int | None:
    """Return how many lines there are; None if that cannot be told before they are read."""
    if not file.seekable():
        return None
    lines = sum(block.count(b"\n") for block in iter(lambda: file.read(MAX_LINE), b""))
    file.seek(0)
    return lines
