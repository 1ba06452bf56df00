"""`authsite user grant-admin` and `revoke-admin`: who may open the pages below /admin."""

import click

from authsite.accounts import administrators
from authsite.cli.errors import CommandError
from authsite.cli.operators import operator_option
from authsite.cli.options import example, ini_argument, json_option
from authsite.cli.user.accounts import account_argument
from authsite.cli.user.unit_of_work import Result, locked_account, print_result


@click.command(epilog=example("user grant-admin production.ini ada@example.com"))
@ini_argument
@account_argument
@operator_option
@json_option
def grant_admin(ini: str, account: str, as_json: bool) -> None:
    """Make a user an administrator.

    The email address must be verified, because the account may belong to someone else otherwise.
    """
    with locked_account(ini, account) as (work, user):
        try:
            granted = administrators.grant_admin(work, user)
        except administrators.EmailNotVerified:
            raise CommandError(
                f"{user.email} is not verified, so the account may belong to someone else; the "
                "user has to verify the email address first"
            ) from None
        if not granted:
            raise CommandError(f"{user.email} is an administrator already")
        result = Result.of(user, "now an administrator", administrator=True)
    print_result(result, as_json=as_json)


@click.command(epilog=example("user revoke-admin production.ini ada@example.com"))
@ini_argument
@account_argument
@operator_option
@json_option
def revoke_admin(ini: str, account: str, as_json: bool) -> None:
    """Take the administrator rights of a user away.

    Takes effect with the next page that the user opens.
    """
    with locked_account(ini, account) as (work, user):
        if not administrators.revoke_admin(work, user):
            raise CommandError(f"{user.email} is not an administrator")
        result = Result.of(user, "no longer an administrator", administrator=False)
    print_result(result, as_json=as_json)
