"""`authsite import`: bring people with their passwords from another system."""

import argparse
import re
import sys
from collections import Counter
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial
from pathlib import Path

from pyramid.registry import Registry

from authsite.clock import utc_now
from authsite.commands.as_json import add_json, as_json
from authsite.commands.ini_file import add_ini_file, with_site
from authsite.commands.not_done import NotDone
from authsite.commands.progress import Progress
from authsite.commands.refused import report_to
from authsite.importing.errors import UnusableSource
from authsite.importing.fields import FIELDS
from authsite.importing.import_users import Begin, dry_run, import_users
from authsite.importing.lines import open_lines, read_csv, read_json_lines
from authsite.importing.people import Reader
from authsite.importing.source import TABLES, ImportOptions, Source
from authsite.importing.tables import open_table
from authsite.passwords.legacy_hashes import tag_raw
from authsite.services import services_of

HELP = "bring people with their passwords from another system; what is broken off goes on"

_LINES = {"csv": read_csv, "jsonl": read_json_lines}
#: What is counted, and how it is said.
_OUTCOMES = {
    "read": "read",
    "imported": "imported",
    "here_already": "here already",
    "refused": "refused",
}
_REMARKS = {
    "without_password": "imported without a password, which they choose by a link from a mail",
    "without_full_name": "imported without a full name, which they can complete",
    "suspended": "imported and frozen, since they were not active there",
    "sessions": "sessions stay behind: their owners sign in again",
}


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Make the command ask for an ini file, a system and a source."""
    add_ini_file(command)
    command.add_argument("system", choices=[*TABLES, *_LINES], help="where the people come from")
    command.add_argument(
        "source", help="a SQLite file or a URL of SQLAlchemy's; a file or - for csv and jsonl"
    )
    command.add_argument(
        "--map",
        type=_column,
        action="append",
        default=[],
        metavar="FIELD=COLUMN",
        help=f"where a field stands, or nothing for nowhere; the fields: {', '.join(FIELDS)}",
    )
    command.add_argument("--table", help="the table of users, if it is called otherwise")
    command.add_argument(
        "--name",
        type=_name,
        help="what the former ids begin with, the system unless it is said: one for each source",
    )
    command.add_argument(
        "--report", type=Path, metavar="FILE", help="write who is refused and why, as CSV"
    )
    command.add_argument(
        "--dry-run", action="store_true", help="say what would become of whom, and change nothing"
    )
    add_json(command)


def run(asked: argparse.Namespace) -> int:
    """Import, and say what became of how many: 0 if all are here, 1 if somebody was refused."""
    return with_site(partial(_import, asked))(asked)


def _import(asked: argparse.Namespace, registry: Registry) -> int:
    now = utc_now()
    counts, reasons = Counter[str](), Counter[str]()
    try:
        with _open(asked, now=now) as source, report_to(asked.report) as report:
            if source.sessions is not None:
                counts["sessions"] = source.sessions
            with Progress("read", total=source.total) as progress:
                for batch in import_users(_begin(asked, registry), source.people, now=now):
                    report(batch.refused)
                    counts.update(batch.counts)
                    reasons.update(refusal.reason for refusal in batch.refused)
                    progress.show(counts["read"])
    except UnusableSource as error:
        raise NotDone(f"{error} (after {counts['read']} people)") from error
    tell = _as_json if asked.json else _as_text
    sys.stdout.write(tell(counts, reasons, dry_run=asked.dry_run))
    return int(counts["refused"] > 0)


def _open(asked: argparse.Namespace, *, now: datetime) -> AbstractContextManager[Source]:
    said = ImportOptions(columns=dict(asked.map), table=asked.table)
    known = TABLES.get(asked.system)
    reader = Reader(asked.name or asked.system, known.encode if known else tag_raw, now)
    if known:
        return open_table(asked.source, known, reader, said)
    if asked.table:
        raise NotDone(f"there are no tables in {asked.system}")
    return open_lines(asked.source, _LINES[asked.system], reader, said)


def _begin(asked: argparse.Namespace, registry: Registry) -> Begin:
    writing = services_of(registry).database.write_engine
    return partial(dry_run, writing) if asked.dry_run else writing.begin


def _as_text(counts: Mapping[str, int], reasons: Counter[str], *, dry_run: bool) -> str:
    lines = [", ".join(f"{counts.get(each, 0)} {said}" for each, said in _OUTCOMES.items())]
    lines += [f"  {number} refused: {reason}" for reason, number in reasons.most_common()]
    lines += [f"  {counts[each]} {said}" for each, said in _REMARKS.items() if counts.get(each)]
    if dry_run:
        lines.append("nothing was changed: this was a rehearsal")
    return "".join(f"{line}\n" for line in lines)


def _as_json(counts: Mapping[str, int], reasons: Counter[str], *, dry_run: bool) -> str:
    answer = {
        "dry_run": dry_run,
        **{each: counts.get(each, 0) for each in _OUTCOMES},
        "reasons": dict(reasons.most_common()),
        **{each: counts.get(each, 0) for each in _REMARKS},
    }
    return as_json(answer)


def _column(text: str) -> tuple[str, str]:
    field, equals, column = text.partition("=")
    if field not in FIELDS or not equals:
        raise argparse.ArgumentTypeError(f"must be FIELD=COLUMN, with one of {', '.join(FIELDS)}")
    return field, column


def _name(text: str) -> str:
    if not re.fullmatch("[a-z0-9_-]{1,19}", text):
        raise argparse.ArgumentTypeError("must be 1 to 19 of a to z, 0 to 9, - and _")
    return text
