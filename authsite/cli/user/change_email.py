"""`authsite user change-email`: give an account another email address, which its user verifies."""

import click

from authsite.accounts.assisted_email_change import assist_email_change
from authsite.accounts.change_email import SameEmail
from authsite.accounts.users import EmailTaken
from authsite.cli.errors import CommandError
from authsite.cli.operators import operator_option
from authsite.cli.options import example, ini_argument, json_option
from authsite.cli.user.accounts import account_argument, parse_field, reason_option
from authsite.cli.user.unit_of_work import Result, locked_account, print_result
from authsite.email_addresses import parse_email_address
from authsite.web.forms import SiteForm, email_field
from authsite.web.validators import ValidEmail


class NewEmailForm(SiteForm):
    email = email_field(validators=[ValidEmail()])


@click.command(
    epilog=example(
        "user change-email production.ini ada@example.com ada@example.org "
        '--reason "Lost the old mailbox, ticket 117"'
    )
)
@ini_argument
@account_argument
@click.argument("new_email", type=parse_field(NewEmailForm, "email"))
@reason_option("Why, and how you know that this is the user; in their history.")
@operator_option
@json_option
def change_email(ini: str, account: str, new_email: str, reason: str, as_json: bool) -> None:
    """Change the email address of a user, who verifies the new one.

    The new address gets a link, which works without the password. The email address changes when
    the link is used. The old one gets a notice with a link to prevent or undo it, so check first
    who asks.
    """
    with locked_account(ini, account) as (work, user):
        try:
            assist_email_change(work, user, parse_email_address(new_email), reason=reason)
        except SameEmail:
            raise CommandError(
                f"{user.email} is the email address of the account already"
            ) from None
        except EmailTaken:
            raise CommandError(
                f"another account has the email address {new_email}, or its user can still restore "
                "it"
            ) from None
        message = f"link sent to {new_email}; the email address changes when it is used"
        result = Result.of(user, message, new_email=new_email)
    print_result(result, as_json=as_json)
