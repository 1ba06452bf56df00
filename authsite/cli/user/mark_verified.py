"""`authsite user mark-verified`: for a user who cannot open the link."""

import click

from authsite.accounts import mark_verified as accounts
from authsite.cli.errors import CommandError
from authsite.cli.operators import operator_option
from authsite.cli.options import example, ini_argument, json_option
from authsite.cli.user.accounts import account_argument, reason_option
from authsite.cli.user.unit_of_work import Result, locked_account, print_result


@click.command(
    epilog=example('user mark-verified production.ini ada@example.com --reason "Seen in person."')
)
@ini_argument
@account_argument
@reason_option("How you know that the address is theirs; in the user's history.")
@operator_option
@json_option
def mark_verified(ini: str, account: str, reason: str, as_json: bool) -> None:
    """Mark the email address of an account as verified.

    The user sees the reason in their history.
    """
    with locked_account(ini, account) as (work, user):
        if user.email_verified_at:
            raise CommandError(f"{user.email} is verified already")
        accounts.mark_verified(work, user, reason=reason)
        result = Result.of(
            user, "email address verified", email_verified_at=user.email_verified_at, reason=reason
        )
    print_result(result, as_json=as_json)
