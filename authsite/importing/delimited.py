"""Reading users from CSV, also as spreadsheets write it."""

import csv
import re
from collections.abc import Iterator, Sequence

from authsite.importing.errors import UnusableSource
from authsite.importing.fields import require_columns
from authsite.importing.imported_user import ImportedUser, Rejection, RejectionReason
from authsite.importing.reader import Reader
from authsite.importing.source import ImportOptions

_REQUIRED = ("email", "password")
_DELIMITERS = ",;\t"
_SEVERAL_LINES = "a quote opens a cell of several lines, which a file with tabs must not have"
#: Excel's own first line, which names the delimiter.
_SEPARATOR_LINE = re.compile(r'"?sep=(?P<delimiter>[,;\t|])"?[,;|\s]*', re.IGNORECASE)


def read_csv(
    lines: Iterator[str], reader: Reader, options: ImportOptions
) -> Iterator[ImportedUser | Rejection]:
    """Yield the users of a CSV file with a header, delimited by `,`, `;` or tabs.

    Rows without a value are ignored, and so are empty cells beyond the named columns. With tabs, a
    row is one line: programs such as mysql write quotes as they are, and one that seems to open a
    cell must not hide the rows up to the next one.
    """
    first = next(lines, "")
    separator_line = _SEPARATOR_LINE.fullmatch(first)
    if separator_line:
        first = next(lines, "")
    delimiter = separator_line["delimiter"] if separator_line else _guess_delimiter(first)
    names = _read_names(first, delimiter)
    columns = require_columns(_REQUIRED, names, chosen=options.columns, where="the first line")
    indexes = {field: names.index(column) for field, column in columns.items()}
    lines_before = 2 if separator_line else 1
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        first_line = rows.line_num + lines_before + 1
        try:
            row = next(rows, None)
        except csv.Error:
            yield _unreadable(first_line, rows.line_num + lines_before)
            continue
        if row is None:
            return
        if not any(map(str.strip, row)):
            continue
        last_line = rows.line_num + lines_before
        place = _line_range(first_line, last_line)
        if delimiter == "\t" and last_line > first_line:
            yield Rejection(place, "", RejectionReason.UNREADABLE, _SEVERAL_LINES)
        elif len(row) < len(names) or any(row[len(names) :]):
            detail = f"{len(row)} cells instead of {len(names)}"
            yield Rejection(place, "", RejectionReason.UNREADABLE, detail)
        else:
            cells = {field: row[index] for field, index in indexes.items()}
            yield reader.read_user(cells, place=place)


def _guess_delimiter(first: str) -> str:
    return max(_DELIMITERS, key=first.count)


def _read_names(first: str, delimiter: str) -> Sequence[str]:
    """Return the names of the columns, without empty ones at the end."""
    try:
        names = next(csv.reader([first], delimiter=delimiter), [])
    except csv.Error as error:
        raise UnusableSource(f"the first line has no column names: {error}") from error
    while names and not names[-1].strip():
        names.pop()
    return [name.strip() for name in names]


def _unreadable(first: int, last: int) -> Rejection:
    return Rejection(_line_range(first, last), "", RejectionReason.UNREADABLE)


def _line_range(first: int, last: int) -> str:
    """Return the lines of a row; one with an unclosed quote includes others."""
    return f"line {first}" if last <= first else f"lines {first} to {last}"
