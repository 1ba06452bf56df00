"""Reading users from JSON lines."""

import json
from collections.abc import Iterator
from functools import lru_cache

from authsite.importing.fields import find_columns, require_columns
from authsite.importing.imported_user import ImportedUser, Rejection, RejectionReason
from authsite.importing.reader import Reader
from authsite.importing.source import ImportOptions

_REQUIRED = ("email", "password")


def read_json_lines(
    lines: Iterator[str], reader: Reader, options: ImportOptions
) -> Iterator[ImportedUser | Rejection]:
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
            yield Rejection(f"line {number}", "", RejectionReason.UNREADABLE)
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
