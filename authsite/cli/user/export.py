"""`authsite user export`: all data of an account, for a request under data protection law."""

import click

from authsite.accounts.export_account import export_account
from authsite.audit.event_types import EventType
from authsite.cli.operators import operator_option
from authsite.cli.options import example, ini_argument
from authsite.cli.output import format_json
from authsite.cli.user.accounts import account_argument, reason_option
from authsite.cli.user.unit_of_work import locked_account


@click.command(
    epilog=example('user export production.ini ada@example.com --reason "Request 2026-117"')
)
@ini_argument
@account_argument
@reason_option("The number of the request, for the user's history.")
@operator_option
@click.option("--json", "_as_json", is_flag=True, help="Accepted; the result is always JSON.")
def export(ini: str, account: str, reason: str, _as_json: bool) -> None:
    """Print all data of an account.

    It is the JSON that its user can download, for requests under data protection law. The user's
    history shows that support has exported it. Write it to a file that only you can read: run
    `umask 077` first.
    """
    with locked_account(ini, account) as (work, user):
        data = export_account(work.dbsession, user.id, now=work.now)
        work.audit.record(user.id, EventType.DATA_EXPORTED, details={"reason": reason})
    click.echo(format_json(data), nl=False)
