"""What of OWASP ASVS 5.0 is listed is shown by a test or has a reason, as the page says."""

import re
from pathlib import Path

import pytest

from tests.site.requirements_table import (
    ROOT,
    STATUSES,
    WITHOUT_TESTS,
    evidence,
    marks_in,
    requirements,
    table,
    written_table,
)

ALL = {row.id: row for row in requirements()}
#: Rows whose reason stands somewhere else.
SENT = [row for row in ALL.values() if "#" in row.reason]


def test_every_requirement_is_shown_by_a_test_or_has_a_reason():
    shown = {each.id for each in evidence()}
    assert [row.id for row in ALL.values() if not row.status and row.id not in shown] == []


def test_no_test_shows_what_is_said_to_be_somebody_elses_or_nobodys():
    excused = {row.id for row in ALL.values() if row.status in WITHOUT_TESTS}
    assert [f"{each.name} {each.id}" for each in evidence() if each.id in excused] == []


def test_every_marker_names_requirements_that_exist():
    assert [f"{each.name} {each.id}" for each in evidence() if each.id not in ALL] == []


def test_every_marker_is_on_a_test():
    astray = [
        path.name
        for path in (ROOT / "tests").rglob("*.py")
        for function, numbers in marks_in(path)
        if not (path.name.startswith("test_") and numbers)
        or not getattr(function, "name", "").startswith("test_")
    ]
    assert astray == []


def test_a_reason_goes_with_a_status_and_a_status_with_a_reason():
    for row in ALL.values():
        assert row.status in {"", *STATUSES}, row.id
        assert bool(row.reason) == bool(row.status), row.id
        assert row.words.endswith("."), row.id
        assert "|" not in row.words + row.reason, row.id
        assert row.status != "documented" or "](" in row.reason, f"{row.id}: where?"


def test_every_requirement_is_there_once_and_in_order():
    numbers = [tuple(map(int, row.id.split("."))) for row in requirements()]
    assert numbers == sorted(set(numbers))


def test_the_table_is_the_one_that_markers_and_reasons_make():
    """`python -m tests.site.requirements_table` writes it anew."""
    assert written_table() == table()


def anchors_of(page: Path) -> set[str]:
    """Return what a page's headings can be linked by."""
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", each).lower().replace(" ", "-") for each in headings}


@pytest.mark.parametrize("row", SENT, ids=lambda row: row.id)
def test_where_a_reason_sends_its_reader_there_is_such_a_heading(row):
    for place, anchor in re.findall(r"\]\(([^)#]*)#([^)]*)\)", row.reason):
        page = ROOT / "docs" / (place or "security.md")
        assert anchor in anchors_of(page), row.id
