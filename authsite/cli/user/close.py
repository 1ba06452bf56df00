"""`authsite user close`: close an account as its user could."""

import click

from authsite.accounts.close_account import schedule_deletion
from authsite.cli.errors import CommandError
from authsite.cli.operators import operator_option
from authsite.cli.options import example, ini_argument, json_option
from authsite.cli.user.accounts import account_argument
from authsite.cli.user.confirmation import confirm, yes_option
from authsite.cli.user.unit_of_work import Result, locked_account, print_result


@click.command(epilog=example("user close production.ini ada@example.com"))
@ini_argument
@account_argument
@yes_option
@operator_option
@json_option
def close(ini: str, account: str, yes: bool, as_json: bool) -> None:
    """Close an account and schedule its deletion.

    The user is signed out and notified by email, and can reactivate the account until the grace
    period is over.
    """
    confirm(f"Close the account {account}?", yes=yes)
    with locked_account(ini, account) as (work, user):
        if user.delete_after:
            deletion = f"will be deleted on {user.delete_after:%Y-%m-%d}"
            raise CommandError(f"{user.email} is closed already and {deletion}")
        delete_after = schedule_deletion(work, user)
        message = f"closed; will be deleted on {delete_after:%Y-%m-%d}"
        result = Result.of(user, message, delete_after=delete_after)
    print_result(result, as_json=as_json)
