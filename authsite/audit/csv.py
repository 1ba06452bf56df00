"""Files that spreadsheets open, and in which nothing is a formula."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

#: Spreadsheets take UTF-8 for something else unless it begins so.
BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"

# Where a cell may begin: at its own beginning, and behind whatever a spreadsheet may be told to
# part cells by; spaces and quotes before a formula are dropped by some.
_FORMULA = re.compile(r"""(^|[,;|\t\r\n])(?=[\s"']*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20])""")


def escape_formula(text: str) -> str:
    """Return the text with an apostrophe before all that could be a formula.

    That is what OWASP has against CSV injection (ASVS 1.2.10).
    """
    return _FORMULA.sub(r"\1'", text)


def csv_lines(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield each row as a line of CSV (RFC 4180), all cells of it in quotes and harmless."""
    for row in rows:
        line = io.StringIO()
        csv.writer(line, quoting=csv.QUOTE_ALL).writerow(map(escape_formula, row))
        yield line.getvalue()
