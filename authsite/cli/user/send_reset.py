"""`authsite user send-reset`: email a user a link to reset the password."""

import click

from authsite.accounts import forgot_password
from authsite.cli.operators import operator_option
from authsite.cli.options import example, ini_argument, json_option
from authsite.cli.user.accounts import account_argument
from authsite.cli.user.unit_of_work import Result, locked_account, print_result


@click.command(epilog=example("user send-reset production.ini ada@example.com"))
@ini_argument
@account_argument
@operator_option
@json_option
def send_reset(ini: str, account: str, as_json: bool) -> None:
    """Email a user a link to reset the password.

    The link is not shown here, and throttles do not apply.
    """
    with locked_account(ini, account) as (work, user):
        forgot_password.send_password_reset(work, user)
        email = forgot_password.RESET_PASSWORD
        result = Result.of(user, "password reset email queued", email_queued=email)
    print_result(result, as_json=as_json)
