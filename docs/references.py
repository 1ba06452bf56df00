"""What the pages of the docs refer to: files, headings, settings and commands that must exist."""

import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from authsite.settings.loader import describe_settings

ROOT = Path(__file__).parents[1]
_COMMAND = str(Path(sys.executable).parent / "authsite")

_FENCE = re.compile(r"^```\{?([\w-]*)\}?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[(?:[^\]\n]|\n)*\]\(([^)\s]+)\)")
_TYPED = re.compile(r"(?:\$ )?((?:make|authsite) [a-z][a-z-]*)\b")
_VARIABLE = re.compile(r"\b(?:AUTHSITE_[A-Z_]+|DATABASE_URL\w*)\b")
_KEY = re.compile(r"^(authsite\.[\w.]+|sqlalchemy\.\w+) *=", re.MULTILINE)


def dead_references(path: Path) -> Iterator[str]:
    """Yield a sentence for each thing that a page names and that is not there."""
    text = path.read_text("utf-8")
    for what in (_dead_links(path, text), _unknown_settings(text), _unknown_commands(text)):
        for each in what:
            yield f"{path.name}: {each}"


def _dead_links(path: Path, text: str) -> Iterator[str]:
    for link in _LINK.findall(_FENCE.sub("", text)):
        if "://" in link or link.startswith("mailto:"):
            continue
        place, _, anchor = link.partition("#")
        target = path.parent / place if place else path
        if not target.exists():
            yield f"{place} is not there"
        elif anchor and anchor not in _anchors_of(target):
            yield f"{link} is no heading"


@cache
def _anchors_of(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", _FENCE.sub("", path.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", each).lower().replace(" ", "-") for each in headings}


def _unknown_settings(text: str) -> Iterator[str]:
    rows = describe_settings()
    variables = {row.variable for row in rows}
    variables |= {f"{row.variable}_FILE" for row in rows if row.secret}
    yield from (f"{each} is no variable" for each in {*_VARIABLE.findall(text)} - variables)
    groups = {row.key.split(".")[1] for row in rows if row.key.count(".") > 1}
    named = {*_KEY.findall("".join(code for kind, code in _FENCE.findall(text) if kind == "ini"))}
    named |= {*re.findall(rf"`(authsite\.(?:{'|'.join(groups)})\.\w+)`", text)}
    yield from (f"{each} is no setting" for each in named - {row.key for row in rows})


def _unknown_commands(text: str) -> Iterator[str]:
    shell = [code for kind, code in _FENCE.findall(text) if kind == "sh"]
    lines = ["".join(shell).splitlines(), _CODE.findall(_FENCE.sub("", text))]
    typed = {match[1] for each in lines for line in each if (match := _TYPED.match(line))}
    yield from (f"{each} is no command" for each in sorted(typed) if not _exists(each))


@cache
def _exists(command: str) -> bool:
    program, name = command.split()
    if program == "make":
        return (
            re.search(rf"^{name}:", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
            is not None
        )
    return (
        subprocess.run([_COMMAND, name, "--help"], capture_output=True, check=False).returncode == 0
    )
