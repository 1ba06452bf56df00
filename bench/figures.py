"""Figures, what they should be, and their table."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
#: The unit of a ratio.
TIMES = "\N{MULTIPLICATION SIGN}"
_HEADER = ("measure", "figure", "wanted", "met")


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A result; it should be `at_least` or `under` a value, if one is given."""

    measure: str
    value: float
    unit: str = ""
    at_least: float | None = None
    under: float | None = None
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the figure is as wanted; None if none is wanted."""
        if self.at_least is not None:
            return self.value >= self.at_least
        return None if self.under is None else self.value < self.under

    @property
    def cells(self) -> tuple[str, str, str, str]:
        """The figure as a row of a table."""
        wanted = ""
        if self.at_least is not None:
            wanted = f"at least {self._with_unit(self.at_least)}"
        elif self.under is not None:
            wanted = f"under {self._with_unit(self.under)}"
        figure = self._with_unit(self.value) + (f" ({self.note})" if self.note else "")
        return self.measure, figure, wanted, {None: "", True: "yes", False: "**no**"}[self.met]

    def _with_unit(self, value: float) -> str:
        if self.unit == TIMES:
            return f"{value:.2f} {TIMES}"
        return f"{float(f'{value:.3g}'):g} {self.unit}"


def as_text(figures: Sequence[Figure]) -> str:
    """Return the table for a terminal."""
    rows = [_HEADER, *(figure.cells for figure in figures)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join(lines).replace("**no**", "NO")


def as_markdown(machine: dict[str, str], figures: Sequence[Figure]) -> str:
    """Return the machine and the table for the documentation."""
    rows = [_HEADER, ("---",) * len(_HEADER), *(figure.cells for figure in figures)]
    about = "\n".join(f"* {name}: {value}" for name, value in machine.items())
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"{about}\n\n{table}"


def write_markdown(path: Path, text: str) -> None:
    """Write the text between the two marks of the page."""
    between = re.compile(f"(?<={re.escape(BEGIN)}\n).*(?={re.escape(END)})", re.DOTALL)
    page, replaced = between.subn(lambda _match: f"\n{text}\n\n", path.read_text("utf-8"))
    if not replaced:
        problem = f"{path} has no {BEGIN} … {END}"
        raise LookupError(problem)
    path.write_text(page, "utf-8")


def write_json(path: Path, machine: dict[str, str], figures: Sequence[Figure]) -> None:
    """Write the figures for programs, to compare two runs."""
    rows = [{**vars(figure), "met": figure.met} for figure in figures]
    text = json.dumps({"machine": machine, "figures": rows}, indent=2, ensure_ascii=False)
    path.write_text(f"{text}\n", "utf-8")
