"""`authsite audit`: who did what across accounts, in columns, as CSV or as JSON lines."""

import itertools
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import click
from pyramid.paster import setup_logging

from authsite.accounts.find_users import find_actors, find_exact
from authsite.accounts.view_account import record_view
from authsite.audit.event_types import Actor, EventType
from authsite.audit.formats import details_text, entries_as_csv, entry_to_dict
from authsite.audit.labels import event_label, full_actor_label
from authsite.audit.search import AuditEntry, EventFilter, iter_entries
from authsite.cli.operators import operator_option
from authsite.cli.options import example, ini_argument, json_option, network_of_option
from authsite.cli.output import format_json_line, format_moment, format_table
from authsite.cli.site import open_site
from authsite.cli.user.accounts import no_such_account, parse_line
from authsite.cli.user.unit_of_work import unit_of_work
from authsite.clock import midnight_after, utc_now
from authsite.durations import parse_duration
from authsite.web.request import Request

#: Rows of a table that have the same columns.
_TABLE = 100


def _parse_since(text: str) -> datetime:
    try:
        return utc_now() - parse_duration(text)
    except (ValueError, OverflowError):
        return _parse_moment(text)


def _parse_until(text: str) -> datetime:
    """Return the end: of a day, the midnight after it."""
    try:
        return midnight_after(text)
    except (ValueError, OverflowError):
        return _parse_since(text)


def _parse_moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise click.BadParameter(
            "Enter a date like 2026-11-30, a time like 2026-11-30T12:00, or how long ago like 7d."
        ) from None


@click.command(epilog=example("audit production.ini --actor operator --since 7d"))
@ini_argument
@click.option(
    "--type",
    "event_type",
    type=click.Choice([each.key for each in EventType]),
    metavar="EVENT",
    help="Events of this type, such as suspended.",
)
@click.option(
    "--actor",
    type=click.Choice([each.value for each in Actor]),
    help="Events that a user, an administrator, an operator or the system caused.",
)
@click.option(
    "--by",
    type=parse_line,
    help="Events by an administrator (email address or ID) or an operator (name).",
)
@click.option("--account", type=parse_line, help="Events of this account (email address or ID).")
@click.option(
    "--network",
    type=network_of_option,
    help="Events from this IP address; of IPv6, from its /64.",
)
@click.option(
    "--since", type=_parse_since, metavar="TIME", help="Not before this date or time, or 7d ago."
)
@click.option(
    "--until", type=_parse_until, metavar="TIME", help="Not after this date, or before this time."
)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV for a spreadsheet.")
@operator_option
@json_option
def audit(
    *,
    ini: str,
    event_type: str | None,
    actor: str | None,
    by: str | None,
    account: str | None,
    network: str | None,
    since: datetime | None,
    until: datetime | None,
    as_csv: bool,
    as_json: bool,
) -> None:
    """List who did what across accounts.

    The newest events come first. Times are in UTC. With --json each event is one line. Events are
    kept for 90 days. Looking at one account is an event as well.
    """
    if as_csv and as_json:
        raise click.UsageError("--csv and --json exclude each other.")
    with open_site(ini) as request:
        new_dbsession = request.authsite.services.database.read_dbsession
        with new_dbsession() as dbsession:
            actors = find_actors(dbsession, by) if by else []
        wanted = EventFilter(
            type=EventType[event_type.upper()] if event_type else None,
            actor=Actor(actor) if actor else None,
            by=actors,
            user_id=_view_account(ini, request, account) if account else None,
            network=network,
            since=since,
            until=until,
        )
        for text in _format(iter_entries(new_dbsession, wanted, now=utc_now()), as_csv, as_json):
            click.echo(text, nl=False)


def _view_account(ini: str, request: Request, account: str) -> str:
    """Return the id of the account, and record that an operator looks at it."""
    setup_logging(ini)
    with unit_of_work(request) as work:
        found = find_exact(work.dbsession, account)
        if found is None:
            raise no_such_account(account)
        record_view(work, found.id)
        return found.id


def _format(entries: Iterable[AuditEntry], as_csv: bool, as_json: bool) -> Iterator[str]:
    if as_csv:
        return entries_as_csv(entries)
    if as_json:
        return (format_json_line(entry_to_dict(entry)) for entry in entries)
    return _tables(iter(entries))


def _tables(entries: Iterator[AuditEntry]) -> Iterator[str]:
    """Yield the entries in tables, so that memory does not grow with their number."""
    while batch := list(itertools.islice(entries, _TABLE)):
        yield format_table([_row(entry) for entry in batch])


def _row(entry: AuditEntry) -> tuple[str, ...]:
    return (
        format_moment(entry.occurred_at),
        full_actor_label(entry.actor, entry.actor_name),
        event_label(entry.type),
        entry.email or "",
        entry.ip_address or "",
        details_text(entry.details),
    )
