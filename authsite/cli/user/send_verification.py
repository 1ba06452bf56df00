"""`authsite user send-verification`: email a user a link to verify the email address."""

import click

from authsite.accounts import verify_email
from authsite.accounts.email_limits import VERIFY_EMAIL
from authsite.cli.errors import CommandError
from authsite.cli.operators import operator_option
from authsite.cli.options import example, ini_argument, json_option
from authsite.cli.user.accounts import account_argument
from authsite.cli.user.unit_of_work import Result, locked_account, print_result


@click.command(epilog=example("user send-verification production.ini ada@example.com"))
@ini_argument
@account_argument
@operator_option
@json_option
def send_verification(ini: str, account: str, as_json: bool) -> None:
    """Email a user a link to verify the email address.

    The link is not shown here, and throttles do not apply.
    """
    with locked_account(ini, account) as (work, user):
        if user.email_verified_at:
            raise CommandError(f"{user.email} is verified already")
        verify_email.send_verification(work, user)
        result = Result.of(user, "verification email queued", email_queued=VERIFY_EMAIL)
    print_result(result, as_json=as_json)
