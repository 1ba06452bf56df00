"""`authsite doctor`: what is wrong with a site, and how to fix it."""

import argparse
import os
import shutil
import sys
import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TextIO

from authsite.commands.as_json import add_json, as_json
from authsite.commands.ini_file import add_ini_file
from authsite.doctor.examine import examine, exit_status
from authsite.doctor.finding import Finding, Status
from authsite.doctor.subject import Subject
from authsite.durations import parse_duration

HELP = "find out what is wrong with a site, and how to fix it; changes nothing"

#: How each is said: in words, and on a terminal in a colour as well.
_WORDS = {
    Status.OK: ("ok", "32"),
    Status.WARN: ("warning", "33"),
    Status.FAIL: ("FAILED", "31;1"),
    Status.SKIPPED: ("skipped", "2"),
}
_WORD, _NAME = 9, 20
_INDENT = " " * (_WORD + _NAME)


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Make the command ask for an ini file, and take what to look at and how to answer."""
    add_ini_file(command)
    command.add_argument(
        "--server-name",
        metavar="NAME",
        help="look at this section [server:NAME] only; at all of them by default",
    )
    command.add_argument(
        "--timeout",
        type=_seconds,
        default=10.0,
        metavar="TIME",
        help="how long database and mail server may take for each answer: 10s (the default), 1m",
    )
    add_json(command)


def run(asked: argparse.Namespace) -> int:
    """Print what each check finds when it is found; return 1 if a check failed, else 0."""
    subject = Subject(
        ini=asked.ini,
        environ=os.environ,
        server_name=asked.server_name,
        timeout=asked.timeout,
    )
    findings = []
    page = _Page.on(sys.stdout, environ=os.environ)
    for finding in examine(subject):
        findings.append(finding)
        if not asked.json:
            sys.stdout.write(page.lines_of(finding))
            sys.stdout.flush()
    counts = Counter(finding.status for finding in findings)
    sys.stdout.write(_as_json(findings, counts) if asked.json else _last_line(counts))
    return exit_status(findings)


def _seconds(text: str) -> float:
    try:
        return parse_duration(text).total_seconds()
    except ValueError:
        raise argparse.ArgumentTypeError("must be a time such as 10s or 1m") from None


class _Page(NamedTuple):
    """What the answer is written on: as wide as a terminal, or a line a sentence; with colours."""

    width: int | None
    coloured: bool

    @classmethod
    def on(cls, stream: TextIO, *, environ: Mapping[str, str]) -> "_Page":
        """Return what this stream is; who sets NO_COLOR gets none (no-color.org)."""
        if not stream.isatty():
            return cls(None, coloured=False)
        plain = environ.get("NO_COLOR") or environ.get("TERM") == "dumb"
        return cls(shutil.get_terminal_size().columns, coloured=not plain)

    def lines_of(self, finding: Finding) -> str:
        """Return what was found, and below it how to fix it."""
        word, colour = _WORDS[finding.status]
        text = self._block(f"{word:{_WORD}}{finding.check:{_NAME}}", finding.message)
        if self.coloured:
            text = f"\x1b[{colour}m{word}\x1b[0m{text[len(word) :]}"
        return text + (self._block(_INDENT, f"Fix: {finding.fix}") if finding.fix else "")

    def _block(self, beginning: str, text: str) -> str:
        if self.width is None or self.width <= len(_INDENT):
            return f"{beginning}{text}\n"
        lines = textwrap.wrap(
            text,
            self.width,
            initial_indent=beginning,
            subsequent_indent=_INDENT,
            break_on_hyphens=False,
        )
        return "\n".join(lines) + "\n"


def _last_line(counts: Mapping[Status, int]) -> str:
    said = [
        f"{counts[Status.FAIL]} failed",
        f"{counts[Status.WARN]} warning{'s'[: counts[Status.WARN] != 1]}",
        f"{counts[Status.OK]} ok",
        f"{counts[Status.SKIPPED]} skipped",
    ]
    return f"{', '.join(said)}\n"


def _as_json(findings: Sequence[Finding], counts: Mapping[Status, int]) -> str:
    answer = {
        "counts": {status: counts[status] for status in Status},
        "findings": [finding._asdict() for finding in findings],
    }
    return as_json(answer)
