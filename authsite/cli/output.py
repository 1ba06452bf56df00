"""How commands print their results: in columns for people, as JSON for programs."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any


def format_table(rows: Sequence[Sequence[str]]) -> str:
    """Return the rows as lines, each cell as wide as the widest of its column; "" for none."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
    return "".join(f"{line}\n" for line in lines)


def format_moment(moment: datetime | None) -> str:
    """Return a time in UTC to the second; "" for none."""
    return f"{moment:%Y-%m-%d %H:%M:%SZ}" if moment else ""


def format_json(result: Any) -> str:
    """Return the result as indented JSON; times are in ISO 8601."""
    return f"{json.dumps(result, indent=2, ensure_ascii=False, default=datetime.isoformat)}\n"


def format_json_line(result: Any) -> str:
    """Return the same in one line, for what is read line by line."""
    return f"{json.dumps(result, ensure_ascii=False, default=datetime.isoformat)}\n"
