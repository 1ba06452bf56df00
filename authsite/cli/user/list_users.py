"""`authsite user list`: all accounts, or those that match."""

import click

from authsite.accounts.find_users import Found, State, UserSummary
from authsite.accounts.search_network import UnsupportedNetwork
from authsite.accounts.search_users import iter_users
from authsite.cli.errors import CommandError
from authsite.cli.options import example, ini_argument, json_option
from authsite.cli.output import format_json_line, format_table
from authsite.cli.site import open_site
from authsite.cli.user.accounts import parse_line

_STATES = {
    "suspended": State.SUSPENDED,
    "pending-deletion": State.PENDING_DELETION,
    "unverified": State.UNVERIFIED,
    "administrator": State.ADMINISTRATOR,
}
_NAMES = {state: name for name, state in _STATES.items()}


@click.command(epilog=example("user list production.ini --state administrator"))
@ini_argument
@click.argument("text", type=parse_line, default="")
@click.option("--state", type=click.Choice(list(_STATES)), help="List these accounts only.")
@json_option
def list_users(ini: str, text: str, state: str | None, as_json: bool) -> None:
    """List accounts by email address.

    TEXT is an ID, or parts of names and email addresses, or an IP address or network where accounts
    were seen within 90 days. With --json each account is one line.
    """
    in_state = _STATES[state] if state else None
    with (
        open_site(ini) as request,
        request.authsite.services.database.reading_dbsession() as dbsession,
    ):
        try:
            # In batches, so that memory does not grow with the number of accounts.
            for found in iter_users(dbsession, text, state=in_state):
                if as_json:
                    lines = "".join(format_json_line(_to_dict(each)) for each in found)
                else:
                    lines = format_table([_row(each) for each in found])
                click.echo(lines, nl=False)
        except UnsupportedNetwork:
            raise CommandError(
                "a network ends with /8, /16 or /24, or for IPv6 with a multiple of 16"
            ) from None


def _row(found: Found) -> tuple[str, ...]:
    user, ip_address = found
    states = ", ".join(_NAMES[state] for state in user.states)
    return (user.id, user.email, user.full_name, states, ip_address or "")


def _to_dict(found: Found) -> dict[str, object]:
    seen = {"ip_address": found.ip_address} if found.ip_address else {}
    return summary_to_dict(found.user) | seen


def summary_to_dict(user: UserSummary) -> dict[str, object]:
    """Return what programs get of an account."""
    return {
        "id": user.id,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "email": user.email,
        "created_at": user.created_at,
        "email_verified_at": user.email_verified_at,
        "delete_after": user.delete_after,
        "suspended_at": user.suspended_at,
        "suspension_reason": user.suspension_reason,
        "is_administrator": user.is_administrator,
        "has_password": user.has_password,
    }
