"""`authsite import`: import users and their password hashes from another system."""

import re
from collections import Counter
from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import click
from sqlalchemy.engine import Engine

from authsite.cli.errors import CommandError
from authsite.cli.import_report import open_report
from authsite.cli.options import example, ini_argument, json_option
from authsite.cli.output import format_json
from authsite.cli.progress import progress_bar
from authsite.cli.site import open_site
from authsite.clock import utc_now
from authsite.importing import import_users as importing
from authsite.importing.errors import UnusableSource
from authsite.importing.fields import FIELDS
from authsite.importing.import_users import Begin, import_users
from authsite.importing.lines import open_lines, read_csv, read_json_lines
from authsite.importing.reader import Reader
from authsite.importing.source import TABLES, ImportOptions, Source
from authsite.importing.tables import open_table
from authsite.passwords.legacy_hashes.formats import tag_raw

_LINES = {"csv": read_csv, "jsonl": read_json_lines}
_OUTCOMES = ("read", "imported", "already_imported", "rejected")
_REMARKS = {
    "without_password": "imported without a password: these users choose one by an emailed link",
    "without_full_name": "imported without a full name: these users can complete it",
    "suspended": "imported as suspended: these users were not active there",
    "sessions": "sessions not imported: their users sign in again",
}


def _parse_column(text: str) -> tuple[str, str]:
    field, equals, column = text.partition("=")
    if field not in FIELDS or not equals:
        raise click.BadParameter(f"Enter FIELD=COLUMN, with one of {', '.join(FIELDS)}.")
    return field, column


def _parse_name(text: str) -> str:
    if not re.fullmatch("[a-z0-9_-]{1,19}", text):
        raise click.BadParameter("Enter 1 to 19 of a to z, 0 to 9, - and _.")
    return text


@click.command(
    "import", epilog=example("import production.ini django /srv/old/db.sqlite --dry-run")
)
@ini_argument
@click.argument("system", type=click.Choice([*TABLES, *_LINES]))
@click.argument("source", type=click.Path(allow_dash=True))
@click.option(
    "--map",
    "columns",
    type=_parse_column,
    multiple=True,
    metavar="FIELD=COLUMN",
    help=f"Read a field from this column, or with FIELD= not at all: {', '.join(FIELDS)}.",
)
@click.option("--table", metavar="NAME", help="Name of the users table, if it is not the default.")
@click.option(
    "--name",
    type=_parse_name,
    metavar="NAME",
    help="Prefix of external IDs; by default the system. Use one per source.",
)
@click.option(
    "--report",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write each rejected user with the reason to this CSV file.",
)
@click.option("--dry-run", is_flag=True, help="Show what would be imported, and change nothing.")
@json_option
@click.pass_context
def import_(
    ctx: click.Context,
    *,
    ini: str,
    system: str,
    source: str,
    columns: tuple[tuple[str, str], ...],
    table: str | None,
    name: str | None,
    report: Path | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Import users and their password hashes from another system.

    SOURCE is a SQLite file or an SQLAlchemy URL; for csv and jsonl a file, or - for stdin. Safe to
    re-run: an interrupted import continues. Exits with 1 if a user was rejected.
    """
    opened = _open_source(system, source, columns=dict(columns), table=table, name=name)
    with open_site(ini) as request:
        begin = _begin(request.services.database.write_engine, dry_run=dry_run)
        counts, reasons = _import(opened, begin, report)
    if as_json:
        click.echo(_to_json(counts, reasons, dry_run=dry_run), nl=False)
    else:
        click.echo(_to_text(counts, reasons, dry_run=dry_run))
    if counts["rejected"]:
        ctx.exit(1)


def _open_source(
    system: str, source: str, *, columns: Mapping[str, str], table: str | None, name: str | None
) -> AbstractContextManager[Source]:
    options = ImportOptions(columns=columns, table=table)
    known = TABLES.get(system)
    reader = Reader(name or system, known.encode if known else tag_raw, utc_now())
    if known:
        return open_table(source, known, reader, options)
    if table:
        raise CommandError(f"{system} has no tables")
    return open_lines(source, _LINES[system], reader, options)


def _begin(engine: Engine, *, dry_run: bool) -> Begin:
    return partial(importing.dry_run, engine) if dry_run else engine.begin


def _import(
    opened: AbstractContextManager[Source], begin: Begin, report: Path | None
) -> tuple[Counter[str], Counter[str]]:
    """Return how many users had each outcome, and how many were rejected for each reason."""
    counts, reasons = Counter[str](), Counter[str]()
    try:
        with opened as source, open_report(report) as write_report:
            if source.sessions is not None:
                counts["sessions"] = source.sessions
            with progress_bar("Importing users", total=source.total) as advance:
                for batch in import_users(begin, source.users, now=utc_now()):
                    write_report(batch.rejected)
                    counts.update(batch.counts)
                    reasons.update(rejection.reason for rejection in batch.rejected)
                    advance(batch.counts["read"])
    except UnusableSource as error:
        raise CommandError(f"{error} (after {counts['read']} users)") from error
    return counts, reasons


def _to_text(counts: Mapping[str, int], reasons: Counter[str], *, dry_run: bool) -> str:
    outcomes = (f"{counts.get(each, 0)} {each.replace('_', ' ')}" for each in _OUTCOMES)
    lines = [", ".join(outcomes)]
    lines += [f"  {number} rejected: {reason}" for reason, number in reasons.most_common()]
    lines += [f"  {counts[each]} {remark}" for each, remark in _REMARKS.items() if counts.get(each)]
    if dry_run:
        lines.append("dry run: nothing was changed")
    return "\n".join(lines)


def _to_json(counts: Mapping[str, int], reasons: Counter[str], *, dry_run: bool) -> str:
    return format_json(
        {
            "dry_run": dry_run,
            **{each: counts.get(each, 0) for each in _OUTCOMES},
            "reasons": dict(reasons.most_common()),
            **{each: counts.get(each, 0) for each in _REMARKS},
        }
    )
