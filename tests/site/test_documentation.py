"""What README and docs/ say of settings, files and commands is so."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from authsite.passwords.calibration import Costs, cost_of_guessing
from authsite.settings.loader import describe_settings
from authsite.settings.schema import PasswordSettings
from tests.shell import run
from tests.site.settings_table import table, written_table

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXT = {page.relative_to(ROOT).as_posix(): page.read_text("utf-8") for page in PAGES}

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[(?:[^\]\n]|\n)*\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")


def blocks_of(text: str, *languages: str) -> str:
    """Return the blocks of code in these languages."""
    return "".join(code for language, code in _FENCE.findall(text) if language in languages)


def commands_in(text: str) -> set[str]:
    """Return the `make …` and `authsite …` that a page tells its reader to type."""
    typed = [*blocks_of(text, "sh").splitlines(), *_CODE.findall(_FENCE.sub("", text))]
    found = (re.match(r"(make [a-z]+|authsite [a-z]+)\b", line) for line in typed)
    return {match[1] for match in found if match}


def links_in(text: str) -> set[str]:
    """Return the links and pictures of a page that lie in this repository."""
    links = {link.partition("#")[0] for link in _LINK.findall(_FENCE.sub("", text))}
    return {link for link in links if link and "://" not in link and not link.startswith("mailto:")}


CASES = [(page, command) for page, text in TEXT.items() for command in sorted(commands_in(text))]


def test_the_table_of_settings_is_the_one_that_the_code_has() -> None:
    """`python -m tests.site.settings_table` writes it anew."""
    assert written_table() == table()


@pytest.mark.parametrize("page", TEXT)
def test_relative_links_lead_somewhere(page: str) -> None:
    folder = (ROOT / page).parent
    assert [link for link in links_in(TEXT[page]) if not (folder / link).exists()] == []


@pytest.mark.parametrize(("page", "command"), CASES)
def test_commands_that_a_page_names_exist(page: str, command: str) -> None:
    program, _, name = command.partition(" ")
    if program == "make":
        environ = os.environ | {"LC_ALL": "C"}
        asked = ["make", "--question", "--dry-run", name]
        done = subprocess.run(
            asked, cwd=ROOT, env=environ, capture_output=True, text=True, check=False
        )
        assert "No rule to make target" not in done.stderr
    else:
        run(name, "--help")


def test_the_readme_begins_with_the_two_commands() -> None:
    typed = blocks_of(TEXT["README.md"], "sh").splitlines()
    assert [line.partition("#")[0].strip() for line in typed[:2]] == ["make serve", "make test"]


@pytest.mark.parametrize("page", TEXT)
def test_settings_that_a_page_names_exist(page: str) -> None:
    settings = describe_settings()
    variables = {row.variable for row in settings}
    variables |= {f"{row.variable}_FILE" for row in settings if row.secret}
    named = set(re.findall(r"\b(?:AUTHSITE_[A-Z_]+|DATABASE_URL\w*)\b", TEXT[page]))
    assert named <= variables
    keys = re.findall(
        r"^(authsite\.[\w.]+|sqlalchemy\.\w+) *=", blocks_of(TEXT[page], "ini"), re.MULTILINE
    )
    groups = {row.key.split(".")[1] for row in settings if row.key.count(".") > 1}
    keys += re.findall(rf"`(authsite\.(?:{'|'.join(groups)})\.\w+)`", TEXT[page])
    assert set(keys) <= {row.key for row in settings}


def test_what_a_guess_costs_is_said_of_the_default_costs() -> None:
    """The figure is the page's own; what follows from it is not."""
    page = " ".join(TEXT["docs/passwords.md"].replace("\n> ", " ").split())
    defaults = PasswordSettings()
    assert defaults.parallelism == 1
    took = re.search(r"a hash takes ([0-9]+) ms", page)
    assert took
    costs = Costs(defaults.memory_cost, defaults.time_cost)
    assert cost_of_guessing(costs, seconds=int(took[1]) / 1000) in page
