"""`authsite user close`: close an account as its user could."""

import sys

import click

from authsite.accounts.close_account import schedule_deletion
from authsite.cli.errors import CommandError
from authsite.cli.options import example, ini_argument, json_option
from authsite.cli.user.accounts import account_argument
from authsite.cli.user.unit_of_work import Result, locked_account, print_result


@click.command(epilog=example("user close production.ini ada@example.com"))
@ini_argument
@account_argument
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@json_option
def close(ini: str, account: str, yes: bool, as_json: bool) -> None:
    """Close an account and schedule its deletion.

    The user is signed out and notified by email, and can reactivate the account until the grace
    period is over.
    """
    if not yes:
        _confirm(account)
    with locked_account(ini, account) as (work, user):
        if user.delete_after:
            deletion = f"will be deleted on {user.delete_after:%Y-%m-%d}"
            raise CommandError(f"{user.email} is closed already and {deletion}")
        delete_after = schedule_deletion(work, user)
        message = f"closed; will be deleted on {delete_after:%Y-%m-%d}"
        result = Result.of(user, message, delete_after=delete_after)
    print_result(result, as_json=as_json)


def _confirm(account: str) -> None:
    if not sys.stdin.isatty():
        raise CommandError("no terminal to confirm on; pass --yes")
    click.confirm(f"Close the account {account}?", abort=True, err=True)
