"""CSV for spreadsheets, without formulas."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

#: Without it, spreadsheets do not recognize UTF-8.
BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"

# A cell may begin at the start of the text and after any separator that a spreadsheet is set to.
# Some spreadsheets drop spaces and quotes before a formula.
_FORMULA = re.compile(r"""(^|[,;|\t\r\n])(?=[\s"']*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20])""")


def escape_formula(text: str) -> str:
    """Return the text with an apostrophe before everything that could be a formula.

    OWASP recommends it against CSV injection (ASVS 1.2.10).
    """
    return _FORMULA.sub(r"\1'", text)


def csv_lines(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield each row as a line of CSV (RFC 4180), with all cells quoted and formulas escaped."""
    for row in rows:
        line = io.StringIO()
        csv.writer(line, quoting=csv.QUOTE_ALL).writerow(map(escape_formula, row))
        yield line.getvalue()
