"""`authsite user emails` and `retry-email`: the delivery of an account's emails."""

import click

from authsite.accounts import retry_email as accounts
from authsite.cli.errors import CommandError
from authsite.cli.operators import operator_option
from authsite.cli.options import example, ini_argument, json_option
from authsite.cli.outbox import HEADER, message_row, message_to_dict
from authsite.cli.output import format_json_line, format_table
from authsite.cli.user.accounts import account_argument, parse_line
from authsite.cli.user.unit_of_work import Result, locked_account, print_result, viewed_account
from authsite.mail.status import list_messages_of


@click.command(epilog=example("user emails production.ini ada@example.com"))
@ini_argument
@account_argument
@operator_option
@json_option
def emails(ini: str, account: str, as_json: bool) -> None:
    """Show the emails of an account.

    The newest comes first. Their text is not shown. With --json each email is one line.
    """
    with viewed_account(ini, account) as (work, user):
        messages = list_messages_of(work.dbsession.connection(), user.id)
    if as_json:
        text = "".join(format_json_line(message_to_dict(each)) for each in messages)
    else:
        rows = [("ID", *HEADER), *((each.id, *message_row(each)) for each in messages)]
        text = format_table(rows) if messages else "none\n"
    click.echo(text, nl=False)


@click.command(epilog=example("user retry-email production.ini ada@example.com ZXlrTW9vTTBJ3S1l"))
@ini_argument
@account_argument
@click.argument("email", type=parse_line)
@operator_option
@json_option
def retry_email(ini: str, account: str, email: str, as_json: bool) -> None:
    """Try to deliver a deferred email now.

    EMAIL is an ID that `authsite user emails` prints.
    """
    with locked_account(ini, account) as (work, user):
        try:
            accounts.retry_email(work, user, email)
        except accounts.EmailNotWaiting:
            raise CommandError(
                f"{user.email} has no deferred email {email}; to repeat one that was delivered or "
                "has failed, run `authsite user send-reset` or `send-verification`"
            ) from None
        result = Result.of(user, "the email is due now", email_id=email)
    print_result(result, as_json=as_json)
