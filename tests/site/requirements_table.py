"""The table of requirements of docs/security.md: `python -m tests.site.requirements_table`.

A requirement is met if a test says so by `@pytest.mark.asvs("6.3.8")`; requirements.csv beside this
file holds those that an account site has to look at, in words of our own, with a reason for each
that no test shows.
"""

import ast
import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "security.md"
REASONS = Path(__file__).with_name("requirements.csv")
_BEGIN, _END = "<!-- requirements -->\n", "<!-- end of requirements -->\n"

CHAPTERS = {
    1: "Encoding and injection",
    2: "Validation and business logic",
    3: "Web front end",
    4: "HTTP",
    5: "Files",
    6: "Authentication",
    7: "Sessions",
    8: "Authorization",
    9: "Tokens that carry their own proof",
    10: "OAuth and OpenID Connect",
    11: "Cryptography",
    12: "TLS",
    13: "Configuration",
    14: "Data protection",
    15: "Code and architecture",
    16: "Logs and errors",
}
MET, OPEN, NOT_APPLICABLE = "met", "open", "not applicable"
#: What a row may say of itself, beside nothing, which means that tests show it.
STATUSES = ("partly", "deviation", "documented", "operator", NOT_APPLICABLE)
#: Of these nothing can be shown by a test.
WITHOUT_TESTS = {"operator", NOT_APPLICABLE}


@dataclass(frozen=True)
class Requirement:
    """A row of requirements.csv: ASVS's number and level, and what we say of it."""

    id: str
    level: int
    words: str
    status: str
    reason: str

    @property
    def chapter(self) -> int:
        """The first part of the number."""
        return int(self.id.partition(".")[0])


@dataclass(frozen=True, order=True)
class Evidence:
    """A test that shows a requirement."""

    path: str
    name: str
    id: str

    def __str__(self) -> str:
        return f"[{Path(self.path).name}::{self.name}](../{self.path})"


def requirements() -> list[Requirement]:
    """Return every requirement, in the order of ASVS."""
    with REASONS.open(encoding="utf-8", newline="") as file:
        return [
            Requirement(
                row["id"], int(row["level"]), row["requirement"], row["status"], row["reason"]
            )
            for row in csv.DictReader(file)
        ]


def marks_in(path: Path) -> Iterator[tuple[ast.AST | None, tuple[str, ...]]]:
    """Yield each `mark.asvs(…)` in a file with the function that it stands on, or None."""
    tree = ast.parse(path.read_text("utf-8"))
    owners = {
        id(mark): function
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for mark in function.decorator_list
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("mark.asvs"):
            ids = (ast.literal_eval(argument) for argument in node.args)
            yield owners.get(id(node)), tuple(ids)


def evidence() -> list[Evidence]:
    """Return what all tests show, one entry for each number on each of them."""
    return sorted(
        Evidence(path.relative_to(ROOT).as_posix(), function.name, number)
        for path in (ROOT / "tests").rglob("test_*.py")
        for function, numbers in marks_in(path)
        if isinstance(function, ast.FunctionDef)
        for number in numbers
    )


def table() -> str:
    """Return the table as markers and reasons have it."""
    shown: dict[str, list[str]] = {}
    for each in evidence():
        shown.setdefault(each.id, []).append(str(each))
    rows = requirements()
    lines = [*_summary(rows, shown), ""]
    for chapter, group in groupby(rows, key=lambda row: row.chapter):
        applicable = [row for row in group if row.status != NOT_APPLICABLE]
        if not applicable:
            continue
        lines += [f"### {chapter} {CHAPTERS[chapter]}", ""]
        lines += ["| id | level | requirement | status | why, and shown by |"]
        lines += ["| --- | --- | --- | --- | --- |"]
        for row in applicable:
            why = "<br>".join(filter(None, [row.reason, *shown.get(row.id, [])]))
            cells = (row.id, str(row.level), row.words, _status_of(row, shown), why)
            lines.append(f"| {' | '.join(cells)} |")
        lines.append("")
    lines += ["### Not applicable", "", "| what there is not | ids, and their levels |"]
    lines += ["| --- | --- |"]
    lines += [f"| {reason} | {', '.join(ids)} |" for reason, ids in _not_applicable(rows).items()]
    return "\n".join(lines) + "\n"


def _status_of(row: Requirement, shown: dict[str, list[str]]) -> str:
    """Say `open` of what has neither a test nor a reason, which a test does not let pass."""
    return row.status or (MET if row.id in shown else OPEN)


def _summary(rows: list[Requirement], shown: dict[str, list[str]]) -> list[str]:
    counts = Counter((row.level, _status_of(row, shown)) for row in rows)
    statuses = (MET, *STATUSES, OPEN)
    lines = [f"| level | {' | '.join(statuses)} | all |"]
    lines.append("| --- |" + " --- |" * (len(statuses) + 1))
    for level in (1, 2, 3):
        numbers = [counts[level, status] for status in statuses]
        lines.append(f"| {level} | {' | '.join(map(str, [*numbers, sum(numbers)]))} |")
    return lines


def _not_applicable(rows: list[Requirement]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in rows:
        if row.status == NOT_APPLICABLE:
            found.setdefault(row.reason, []).append(f"{row.id} (L{row.level})")
    return dict(sorted(found.items()))


def written_table() -> str:
    """Return the table as the page has it."""
    return PAGE.read_text("utf-8").partition(_BEGIN)[2].partition(_END)[0]


if __name__ == "__main__":
    page = PAGE.read_text("utf-8")
    before, after = page.partition(_BEGIN)[0], page.partition(_END)[2]
    PAGE.write_text(f"{before}{_BEGIN}{table()}{_END}{after}", "utf-8")
