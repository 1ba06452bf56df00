"""The requirements of OWASP ASVS 5.0, with the tests that show them or a reason.

A test that shows a requirement is marked `@pytest.mark.asvs("6.3.8")`. tests/site/requirements.csv
lists the requirements that an account site has to consider, in words of our own, each with a reason
where no test shows it.
"""

import ast
import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROWS = ROOT / "tests" / "site" / "requirements.csv"

CHAPTERS = {
    1: "Encoding and injection",
    2: "Validation and business logic",
    3: "Web front end",
    4: "HTTP",
    5: "Files",
    6: "Authentication",
    7: "Sessions",
    8: "Authorization",
    9: "Self-contained tokens",
    10: "OAuth and OpenID Connect",
    11: "Cryptography",
    12: "TLS",
    13: "Configuration",
    14: "Data protection",
    15: "Code and architecture",
    16: "Logs and errors",
}
MET, OPEN, NOT_APPLICABLE = "met", "open", "not applicable"
#: The statuses that a row may have; a row without one is met by its tests.
STATUSES = ("partly", "deviation", "documented", "operator", NOT_APPLICABLE)
#: No test can show a requirement with one of these.
WITHOUT_TESTS = {"operator", NOT_APPLICABLE}


@dataclass(frozen=True)
class Requirement:
    """A row of requirements.csv: the number and level in ASVS, and what we say about it."""

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
    """A test that shows a requirement; `name` is empty for a marker that stands on no test."""

    path: str
    name: str
    id: str

    def __str__(self) -> str:
        return f"[{Path(self.path).name}::{self.name}](../{self.path})"


def read_requirements() -> list[Requirement]:
    """Return all requirements in the order of ASVS."""
    with ROWS.open(encoding="utf-8", newline="") as file:
        return [
            Requirement(
                row["id"], int(row["level"]), row["requirement"], row["status"], row["reason"]
            )
            for row in csv.DictReader(file)
        ]


def find_evidence() -> list[Evidence]:
    """Return what the markers say, one entry for each number on each test."""
    return sorted(
        Evidence(path.relative_to(ROOT).as_posix(), name, number)
        for path in (ROOT / "tests").rglob("*.py")
        for name, number in _marks_in(path)
    )


def _marks_in(path: Path) -> Iterator[tuple[str, str]]:
    tree = ast.parse(path.read_text("utf-8"))
    owners = {
        id(mark): function.name
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef) and function.name.startswith("test_")
        for mark in function.decorator_list
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("mark.asvs"):
            for argument in node.args:
                yield owners.get(id(node), ""), ast.literal_eval(argument)


def problems() -> Iterator[str]:
    """Yield a sentence for each rule that a requirement or a marker breaks."""
    rows, evidence = read_requirements(), find_evidence()
    numbers = [tuple(map(int, row.id.split("."))) for row in rows]
    if numbers != sorted(set(numbers)):
        yield "the requirements are not in order, or one is there twice"
    yield from _problems_of_rows(rows, shown={each.id for each in evidence})
    yield from _problems_of_markers(evidence, {row.id: row for row in rows})


def _problems_of_rows(rows: list[Requirement], *, shown: set[str]) -> Iterator[str]:
    for row in rows:
        if not row.status and row.id not in shown:
            yield f"requirement {row.id} has neither a test nor a reason"
        if row.status not in {"", *STATUSES} or bool(row.reason) != bool(row.status):
            yield f"requirement {row.id} needs a known status and a reason, or neither"
        if row.status == "documented" and "](" not in row.reason:
            yield f"requirement {row.id} is documented, but its reason links to no page"
        if "|" in row.words + row.reason:
            yield f"requirement {row.id} has a | that would break its table"


def _problems_of_markers(evidence: list[Evidence], rows: dict[str, Requirement]) -> Iterator[str]:
    for each in evidence:
        if not each.name:
            yield f"{each.path}: the marker of {each.id} is not on a test"
        elif each.id not in rows:
            yield f"{each.path}: {each.name} shows {each.id}, which is no requirement"
        elif rows[each.id].status in WITHOUT_TESTS:
            yield f"{each.path}: {each.name} shows {each.id}, which is {rows[each.id].status}"


def requirements_table() -> str:
    """Return the tables that markers and reasons make: a summary, one per chapter, and the rest."""
    shown: dict[str, list[str]] = {}
    for each in find_evidence():
        shown.setdefault(each.id, []).append(str(each))
    rows = read_requirements()
    lines = [*_summary(rows, shown), ""]
    for chapter, group in groupby(rows, key=lambda row: row.chapter):
        applicable = [row for row in group if row.status != NOT_APPLICABLE]
        if not applicable:
            continue
        lines += [f"## {chapter} {CHAPTERS[chapter]}", ""]
        lines += ["| id | level | requirement | status | reason and tests |"]
        lines += ["| --- | --- | --- | --- | --- |"]
        for row in applicable:
            why = "<br>".join(filter(None, [row.reason, *shown.get(row.id, [])]))
            cells = (row.id, str(row.level), row.words, _status_of(row, shown), why)
            lines.append(f"| {' | '.join(cells)} |")
        lines.append("")
    lines += ["## Not applicable", "", "| reason | ids and their levels |", "| --- | --- |"]
    lines += [f"| {reason} | {', '.join(ids)} |" for reason, ids in _not_applicable(rows).items()]
    return "\n".join(lines) + "\n"


def _status_of(row: Requirement, shown: dict[str, list[str]]) -> str:
    return row.status or (MET if row.id in shown else OPEN)


def _summary(rows: list[Requirement], shown: dict[str, list[str]]) -> list[str]:
    counts = Counter((row.level, _status_of(row, shown)) for row in rows)
    statuses = (MET, *STATUSES)
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
