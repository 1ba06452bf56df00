"""The changes that docs/add-authsite.md shows: read, count and apply them."""

import re
from pathlib import Path
from typing import NamedTuple

from tests.conftest import ROOT

PAGE = ROOT / "docs" / "add-authsite.md"
#: The name of a file, or a block of changes to the file that was named last.
_PARTS = re.compile(r"^`(\S+)`$|^```diff\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_DELETED = re.compile(r"^Delete (.*?), and ", re.MULTILINE | re.DOTALL)


class Change(NamedTuple):
    """One block: the lines before, and the lines after."""

    file: str
    lines: list[str]

    @property
    def before(self) -> str:
        """The lines that the file must have."""
        return "".join(f"{line[1:]}\n" for line in self.lines if line[0] in " -")

    @property
    def after(self) -> str:
        """The lines that replace them."""
        return "".join(f"{line[1:]}\n" for line in self.lines if line[0] in " +")

    @property
    def added(self) -> int:
        """How many lines are written, without empty ones."""
        return sum(line[0] == "+" and bool(line[1:].strip()) for line in self.lines)


def _section(heading: str) -> str:
    _, _, rest = PAGE.read_text("utf-8").partition(f"\n## {heading}\n")
    return rest.partition("\n## ")[0]


def changes(heading: str) -> list[Change]:
    """Return the changes of a section of the page, in its order."""
    found, file = [], ""
    for name, block in _PARTS.findall(_section(heading)):
        file = name or file
        if block:
            found.append(Change(file, block.splitlines()))
    return found


def apply_changes(heading: str, folder: Path) -> None:
    """Do in a folder what a section of the page says."""
    for change in changes(heading):
        path = folder / change.file
        text = path.read_text("utf-8")
        assert text.count(change.before) == 1, f"{change.file} does not have\n{change.before}"
        path.write_text(text.replace(change.before, change.after), "utf-8")
    for names in _DELETED.findall(_section(heading)):
        for name in re.findall(r"`(\S+)`", names):
            (folder / name).unlink(missing_ok=True)


def added_lines(heading: str, suffix: str) -> int:
    """Return how many lines the section adds to files of a kind."""
    return sum(each.added for each in changes(heading) if each.file.endswith(suffix))
