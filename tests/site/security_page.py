"""Reading the tables of docs/security.md, for tests of whether they are true."""

import re

from tests.site.requirements_table import PAGE

TEXT = PAGE.read_text("utf-8")


def rows_below(heading: str) -> list[list[str]]:
    """Return the cells of the first table below a heading, without the head of the table."""
    _, _, rest = TEXT.partition(f"\n### {heading}\n")
    assert rest, f"there is no heading {heading}"
    section = re.split(r"^##", rest, maxsplit=1, flags=re.MULTILINE)[0]
    _, *rows = re.findall(r"^\| (?!---)(.*) \|$", section, re.MULTILINE)
    return [row.split(" | ") for row in rows]


def code_in(cell: str) -> list[str]:
    """Return what a cell shows as code."""
    return re.findall(r"`([^`]+)`", cell)
