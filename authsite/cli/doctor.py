"""`authsite doctor`: check a site and show how to fix what is wrong."""

import os
import shutil
import sys
import textwrap
from collections import Counter
from collections.abc import Mapping
from typing import Any

import click

from authsite.cli.options import example, ini_argument, json_option
from authsite.cli.output import format_json
from authsite.doctor.examine import examine, exit_status
from authsite.doctor.finding import Finding, Status
from authsite.doctor.subject import Subject
from authsite.durations import parse_duration

#: How each status is printed: a word, and on a terminal a colour as well.
_WORDS = {
    Status.OK: ("ok", "green"),
    Status.WARN: ("warning", "yellow"),
    Status.FAIL: ("FAILED", "red"),
    Status.SKIPPED: ("skipped", "bright_black"),
}
_WORD, _NAME = 9, 20
_INDENT = " " * (_WORD + _NAME)


def _parse_seconds(text: str) -> float:
    try:
        return parse_duration(text).total_seconds()
    except ValueError:
        raise click.BadParameter("Enter a time such as 10s, 1m or 30.") from None


@click.command(epilog=example("doctor production.ini --server-name main"))
@ini_argument
@click.option(
    "--server-name",
    metavar="NAME",
    help="Check this section [server:NAME] only; all of them by default.",
)
@click.option(
    "--timeout",
    type=_parse_seconds,
    default="10s",
    show_default=True,
    metavar="TIME",
    help="How long database, mail server and proxy may take for each answer: 10s, 1m.",
)
@click.option(
    "--outside",
    is_flag=True,
    help="Also request pages by the public URL of the site, as visitors do.",
)
@json_option
@click.pass_context
def doctor(ctx: click.Context, /, *, as_json: bool, **options: Any) -> None:
    """Check a site and show how to fix what is wrong.

    Changes nothing. Exits with 1 if a check fails; warnings alone exit with 0. Colours are left out
    where NO_COLOR is set.
    """
    subject = Subject(environ=os.environ, **options)
    findings = []
    for finding in examine(subject):
        findings.append(finding)
        if not as_json:
            _print_finding(finding)
    counts = Counter(finding.status for finding in findings)
    if as_json:
        result = {
            "counts": {status: counts[status] for status in Status},
            "findings": [finding._asdict() for finding in findings],
        }
        click.echo(format_json(result), nl=False)
    else:
        click.echo(_summary(counts))
    ctx.exit(exit_status(findings))


def _print_finding(finding: Finding) -> None:
    """Print what was found, and below it how to fix it; on a terminal, wrapped and in colours."""
    word, colour = _WORDS[finding.status]
    text = _block(f"{word:{_WORD}}{finding.check:{_NAME}}", finding.message)
    if finding.fix:
        text += f"\n{_block(_INDENT, f'Fix: {finding.fix}')}"
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"  # no-color.org
    click.echo(click.style(word, fg=colour) + text[len(word) :], color=False if plain else None)


def _block(beginning: str, text: str) -> str:
    width = shutil.get_terminal_size().columns
    if not sys.stdout.isatty() or width <= len(_INDENT):
        return f"{beginning}{text}"
    return textwrap.fill(
        text,
        width,
        initial_indent=beginning,
        subsequent_indent=_INDENT,
        break_on_hyphens=False,
    )


def _summary(counts: Mapping[Status, int]) -> str:
    parts = [
        f"{counts[Status.FAIL]} failed",
        f"{counts[Status.WARN]} warning{'s'[: counts[Status.WARN] != 1]}",
        f"{counts[Status.OK]} ok",
        f"{counts[Status.SKIPPED]} skipped",
    ]
    return ", ".join(parts)
