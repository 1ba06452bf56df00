"""`authsite user suspend` and `reinstate`: block sign-in to an account, and allow it again."""

import click

from authsite.accounts.suspend_account import reinstate_account, suspend_account
from authsite.cli.errors import CommandError
from authsite.cli.options import example, ini_argument, json_option
from authsite.cli.user.accounts import account_argument, parse_field
from authsite.cli.user.unit_of_work import Result, locked_account, print_result
from authsite.views.admin.suspend import SuspendForm


@click.command(
    epilog=example('user suspend production.ini ada@example.com --reason "Contact us about spam."')
)
@ini_argument
@account_argument
@click.option(
    "--reason",
    type=parse_field(SuspendForm, "reason"),
    metavar="TEXT",
    required=True,
    help="What the user reads when signing in, 1 to 200 characters.",
)
@json_option
def suspend(ini: str, account: str, reason: str, as_json: bool) -> None:
    """Block sign-in to an account and end its sessions."""
    with locked_account(ini, account) as (work, user):
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
@json_option
def reinstate(ini: str, account: str, as_json: bool) -> None:
    """Allow sign-in to a suspended account again."""
    with locked_account(ini, account) as (work, user):
        if user.suspended_at is None:
            raise CommandError(f"{user.email} is not suspended")
        reinstate_account(work, user)
        result = Result.of(user, "reinstated", suspended_at=None)
    print_result(result, as_json=as_json)
