"""`authsite user suspend` and `reinstate`: block sign-in to an account, and allow it again."""

from typing import BinaryIO

import click

from authsite.accounts.suspend_account import reinstate_account, suspend_account
from authsite.cli.errors import CommandError
from authsite.cli.operators import operator_option
from authsite.cli.options import example, ini_argument, json_option
from authsite.cli.user.accounts import account_argument, parse_line, reason_option
from authsite.cli.user.bulk_suspension import suspend_from_file
from authsite.cli.user.unit_of_work import Result, locked_account, print_result


@click.command(
    epilog=example('user suspend production.ini ada@example.com --reason "Contact us about spam."')
)
@ini_argument
@click.argument("account", type=parse_line, required=False)
@click.option(
    "--from-file",
    "file",
    type=click.File("rb"),
    metavar="FILE",
    help="Suspend each account of this file, one email address or ID per line; - is stdin.",
)
@reason_option("What the user reads when signing in.")
@operator_option
@json_option
def suspend(
    ini: str, account: str | None, file: BinaryIO | None, reason: str, as_json: bool
) -> None:
    """Block sign-in to an account and end its sessions.

    With --from-file, accounts are suspended in batches, which is safe to re-run: those that are
    suspended already are left as they are. Exits with 1 if a line names no account.
    """
    if (account is None) == (file is None):
        raise click.UsageError("Name an account, or pass --from-file.")
    if file is not None:
        suspend_from_file(ini, file, reason=reason, as_json=as_json)
        return
    with locked_account(ini, account or "") as (work, user):
        ended = suspend_account(work, user, reason=reason)
        result = Result.of(
            user,
            f"suspended, {ended} sessions ended",
            suspended_at=user.suspended_at,
            reason=user.suspension_reason,
            sessions_ended=ended,
        )
    print_result(result, as_json=as_json)


@click.command(epilog=example("user reinstate production.ini ada@example.com"))
@ini_argument
@account_argument
@operator_option
@json_option
def reinstate(ini: str, account: str, as_json: bool) -> None:
    """Allow sign-in to a suspended account again."""
    with locked_account(ini, account) as (work, user):
        if user.suspended_at is None:
            raise CommandError(f"{user.email} is not suspended")
        reinstate_account(work, user)
        result = Result.of(user, "reinstated", suspended_at=None)
    print_result(result, as_json=as_json)
