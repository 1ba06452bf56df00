"""Write the generated tables into the docs: `python docs/tables.py`, or `--check` that they are.

A page shows the table of settings between `<!-- begin: settings -->` and `<!-- end: settings -->`.
Any page may show any table. With `--check` the program writes nothing. It fails if a table is not
current or shown on no page, if a page names a file, a setting or a command that does not exist, or
if a requirement has neither a test nor a reason.
"""

import sys
from collections.abc import Callable, Iterable
from dataclasses import MISSING
from datetime import timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import plaster
from pyramid.config import Configurator
from references import dead_references
from requirements import problems, requirements_table

from authsite import durations
from authsite.audit.event_types import EventType
from authsite.doctor.checks import CHECKS
from authsite.resources.site_map import endpoints
from authsite.settings.loader import describe_settings

ROOT = Path(__file__).parents[1]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]


def settings() -> str:
    """Return all settings with their environment variables, defaults and meanings."""
    return _table(
        ("setting", "environment variable", "default", "meaning"),
        (
            (
                f"`{row.key}`",
                f"`{row.variable}`" + (f" or `{row.variable}_FILE`" if row.secret else ""),
                _spelled(row.default),
                row.meaning,
            )
            for row in describe_settings()
        ),
    )


def throttles() -> str:
    """Return the limits on attempts."""
    return _settings_of("authsite.throttle.")


def urls() -> str:
    """Return every URL of the site with its methods and the permission that they need."""
    values = dict(plaster.get_settings(str(ROOT / "testing.ini"), "app:main"))
    with Configurator(settings=values | {"sqlalchemy.url": "sqlite:///no-row-is-read"}) as config:
        config.include("authsite.application.standalone")
    found = endpoints(config.registry)
    return _table(
        ("URL", "methods", "permission"),
        (
            (f"`{address}`", ", ".join(page.method for page in group), f"`{permission}`")
            for (address, permission), group in groupby(
                found, key=lambda page: (page.url, page.permission)
            )
        ),
    )


def checks() -> str:
    """Return the checks of `authsite doctor`."""
    return _table(
        ("check", "passes if", "how to fix it"),
        ((check.name, check.description, check.fix) for check in CHECKS),
    )


def events() -> str:
    """Return the types of audit events, their names in the log, and the emails that report them."""
    return _table(
        ("event", "history", "log", "email"),
        (
            (
                f"`{each.key}`",
                each.label,
                f"`{each.log_name}`",
                f"`{each.notice}`" if each.notice else "",
            )
            for each in EventType
        ),
    )


TABLES: dict[str, Callable[[], str]] = {
    "settings": settings,
    "throttles": throttles,
    "urls": urls,
    "checks": checks,
    "events": events,
    "requirements": requirements_table,
}


def _settings_of(prefix: str) -> str:
    return _table(
        ("setting", "default", "meaning"),
        (
            (f"`{row.key}`", _spelled(row.default), row.meaning)
            for row in describe_settings()
            if row.key.startswith(prefix)
        ),
    )


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _spelled(default: Any) -> str:
    """Return the default as an ini file would say it."""
    if default is MISSING:
        return "required"
    if default in (None, ()):
        return "none"
    if isinstance(default, timedelta):
        return f"`{durations.format_duration(default)}`"
    if isinstance(default, tuple):
        return f"`{', '.join(map(str, default))}`"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def filled_in(page: str, tables: dict[str, str]) -> str:
    """Return the text of a page with the tables that it shows."""
    for name, table in tables.items():
        begin, end = f"<!-- begin: {name} -->\n", f"<!-- end: {name} -->"
        before, begun, rest = page.partition(begin)
        if begun:
            page = f"{before}{begin}{table}{end}{rest.partition(end)[2]}"
    return page


def main() -> int:
    """Write the tables, or say what is wrong with the pages; return the exit status."""
    tables = {name: make() for name, make in TABLES.items()}
    texts = {path: path.read_text("utf-8") for path in PAGES}
    wrong = [
        f"no page has the marker <!-- begin: {name} -->"
        for name in tables
        if not any(f"<!-- begin: {name} -->" in text for text in texts.values())
    ]
    for path, text in texts.items():
        current = filled_in(text, tables)
        if "--check" not in sys.argv:
            path.write_text(current, "utf-8")
        elif current != text:
            wrong.append(f"{path.name} has a table that is not current: run `make docs`")
        wrong += dead_references(path)
    wrong += problems()
    sys.stderr.write("".join(f"{each}\n" for each in wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
