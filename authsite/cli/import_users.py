"""`authsite import`: import users and their password hashes from another system."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import click
from sqlalchemy.engine import Engine

from authsite.cli.errors import CommandError
from authsite.cli.import_output import Outcome, to_json, to_text
from authsite.cli.import_report import open_report
from authsite.cli.operators import operator_name, operator_option
from authsite.cli.options import example, ini_argument, json_option
from authsite.cli.progress import progress_bar
from authsite.cli.site import open_site
from authsite.clock import utc_now
from authsite.importing import import_users as importing
from authsite.importing.choices import leave_out_unknown_hashes, skip_inactive
from authsite.importing.decoding import ENCODINGS
from authsite.importing.delimited import read_csv
from authsite.importing.errors import UnusableSource
from authsite.importing.fields import FIELDS
from authsite.importing.import_users import Begin, import_users
from authsite.importing.imported_user import ImportedUser, Rejection
from authsite.importing.json_lines import read_json_lines
from authsite.importing.lines import ReadUsers, open_lines
from authsite.importing.reader import Reader
from authsite.importing.source import ImportOptions, Source
from authsite.importing.systems import SYSTEMS
from authsite.importing.tables import open_table
from authsite.passwords.legacy_hashes.formats import tag_raw

#: The readers of lines by their names on the command line.
_LINES: Mapping[str, ReadUsers] = {"csv": read_csv, "jsonl": read_json_lines}
#: Whether the day is first in each order of dates.
_DATES = {"day-first": True, "month-first": False}

#: What is done with some of the users.
Choice = Callable[[Iterable[ImportedUser | Rejection]], Iterable[ImportedUser | Rejection]]


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
@click.argument("system", type=click.Choice([*SYSTEMS, *_LINES]))
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
    "--inactive",
    type=click.Choice(["suspend", "skip"]),
    default="suspend",
    show_default=True,
    help="Import users who were inactive, locked or deleted as suspended, or skip them.",
)
@click.option(
    "--without-unknown-passwords",
    is_flag=True,
    help="Import users whose hash is unknown or costs too much; they reset their password.",
)
@click.option(
    "--encoding", type=click.Choice(ENCODINGS), help="Encoding of csv and jsonl; default: utf-8."
)
@click.option(
    "--dates",
    type=click.Choice(list(_DATES)),
    help="Order of dates such as 5/7/2024.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=60,
    show_default=True,
    metavar="SECONDS",
    help="Give up when the source returns nothing for this time.",
)
@click.option(
    "--report",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write each rejected user with the reason to this CSV file.",
)
@click.option("--dry-run", is_flag=True, help="Show what would be imported, and change nothing.")
@operator_option
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
    inactive: str,
    without_unknown_passwords: bool,
    encoding: str | None,
    dates: str | None,
    timeout: float,
    report: Path | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Import users and their password hashes from another system.

    SOURCE is a SQLite file or an SQLAlchemy URL; for csv and jsonl a file, or - for stdin. Safe to
    re-run: an interrupted import continues. Exits with 1 if a user was rejected.
    """
    options = ImportOptions(columns=dict(columns), table=table, encoding=encoding, timeout=timeout)
    known = SYSTEMS.get(system)
    reader = Reader(
        name or system, known.encode if known else tag_raw, utc_now(), _DATES.get(dates or "")
    )
    choices: list[Choice] = [skip_inactive] if inactive == "skip" else []
    if without_unknown_passwords:
        choices.append(leave_out_unknown_hashes)
    opened = _open_source(system, source, reader, options)
    with open_site(ini) as request:
        begin = _begin(request.authsite.services.database.write_engine, dry_run=dry_run)
        outcome = _import(opened, choices, begin, report)
    if as_json:
        click.echo(to_json(outcome, dry_run=dry_run), nl=False)
    else:
        click.echo(to_text(outcome, dry_run=dry_run))
    if outcome.counts["rejected"]:
        ctx.exit(1)


def _open_source(
    system: str, source: str, reader: Reader, options: ImportOptions
) -> AbstractContextManager[Source]:
    known = SYSTEMS.get(system)
    if known and options.encoding:
        raise CommandError(f"{system} has no encoding: it is for csv and jsonl")
    if known:
        return open_table(source, known, reader, options)
    if options.table:
        raise CommandError(f"{system} has no tables")
    return open_lines(source, _LINES[system], reader, options)


def _begin(engine: Engine, *, dry_run: bool) -> Begin:
    return partial(importing.dry_run, engine) if dry_run else engine.begin


def _import(
    opened: AbstractContextManager[Source],
    choices: Sequence[Choice],
    begin: Begin,
    report: Path | None,
) -> Outcome:
    outcome = Outcome()
    try:
        with opened as source, open_report(report) as write_report:
            if source.sessions is not None:
                outcome.counts["sessions"] = source.sessions
            users: Iterable[ImportedUser | Rejection] = source.users
            for choose in choices:
                users = choose(users)
            with progress_bar("Importing users", total=source.total) as advance:
                for batch in import_users(begin, users, now=utc_now(), operator=operator_name()):
                    write_report(batch.rejected)
                    outcome.add(batch)
                    advance(batch.counts["read"])
    except UnusableSource as error:
        raise CommandError(f"{error} (after {outcome.counts['read']} users)") from error
    return outcome
