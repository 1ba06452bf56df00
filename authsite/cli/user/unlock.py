"""`authsite user unlock`: let a throttled user try again."""

import click

from authsite.accounts.unlock_account import Throttled, find_throttled, unlock_account
from authsite.cli.operators import operator_option
from authsite.cli.options import example, ini_argument, json_option, network_of_option
from authsite.cli.output import format_moment
from authsite.cli.user.accounts import account_argument
from authsite.cli.user.unit_of_work import Result, locked_account, print_result
from authsite.throttling.labels import THROTTLE_LABELS


@click.command(epilog=example("user unlock production.ini ada@example.com"))
@ini_argument
@account_argument
@click.option(
    "--network",
    "networks",
    type=network_of_option,
    metavar="IP",
    multiple=True,
    help="Unlock the network of this IP address, or this IPv6 /64, too; repeatable.",
)
@operator_option
@json_option
def unlock(ini: str, account: str, networks: tuple[str, ...], as_json: bool) -> None:
    """Let a throttled user try again.

    Forgets the attempts to sign in, to use links, to choose passwords and to get emails that were
    counted for the account, in all browsers. Of the last five networks of the account, within a
    day, those that are still throttled are printed; other users share them.
    """
    with locked_account(ini, account) as (work, user):
        throttled = find_throttled(
            work.dbsession,
            work.throttles,
            user_id=user.id,
            email_normalized=user.email_normalized,
            now=work.now,
        )
        unlock_account(work, user, networks=networks)
        left = [each for each in throttled if each.network and each.network not in networks]
        result = Result.of(
            user,
            "\n".join(["unlocked", *(f"still {throttled_to_text(each)}" for each in left)]),
            networks=networks,
            throttled=[each._asdict() for each in left],
        )
    print_result(result, as_json=as_json)


def throttled_to_text(throttled: Throttled) -> str:
    """Return what is throttled, and until when."""
    what, until = THROTTLE_LABELS[throttled.limit], format_moment(throttled.until)
    where = f" from {throttled.network}" if throttled.network else ""
    return f"throttled until {until}: {what}{where}"
