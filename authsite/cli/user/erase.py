"""`authsite user erase`: erase an account at once, for a request under data protection law."""

import time

import click
from pyramid.paster import setup_logging
from sqlalchemy.exc import IntegrityError

from authsite.accounts.erase_account import erase_account
from authsite.cli.errors import CommandError
from authsite.cli.operators import operator_option
from authsite.cli.options import example, ini_argument, json_option
from authsite.cli.site import open_site
from authsite.cli.user.accounts import account_argument, reason_option
from authsite.cli.user.confirmation import confirm, yes_option
from authsite.cli.user.unit_of_work import Result, lock_account, print_result, unit_of_work
from authsite.purging.purger import PAUSE
from authsite.purging.search_index import merge_search_index


@click.command(
    epilog=example('user erase production.ini ada@example.com --reason "Request 2026-117"')
)
@ini_argument
@account_argument
@reason_option("The number of the request; no personal data, since it is kept.")
@yes_option
@operator_option
@json_option
def erase(ini: str, account: str, reason: str, yes: bool, as_json: bool) -> None:
    """Erase an account at once.

    This is for requests under data protection law. There is no grace period, no email to the user
    and no way back. To let the user change their mind, close the account instead. An event without
    personal data shows that it was erased.
    """
    confirm(f"Erase the account {account}? This cannot be undone.", yes=yes)
    try:
        with open_site(ini) as request:
            setup_logging(ini)
            with unit_of_work(request) as work:
                user = lock_account(work, account)
                result = Result.of(user, f"erased; the account had the ID {user.id}", erased=True)
                erase_account(work, user, reason=reason)
            for _ in merge_search_index(request.authsite.services.database):
                time.sleep(PAUSE)
    except IntegrityError as error:
        raise CommandError(
            f"rows of another table refer to the account, which was not erased: {error.orig}"
        ) from error
    print_result(result, as_json=as_json)
