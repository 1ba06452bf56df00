"""`authsite user end-sessions` and `end-session`: sign a user out on all devices, or on one."""

import click

from authsite.accounts import end_sessions as sessions
from authsite.audit.event_types import SessionEndReason
from authsite.cli.errors import CommandError
from authsite.cli.operators import operator_option
from authsite.cli.options import example, ini_argument, json_option
from authsite.cli.user.accounts import account_argument, parse_line
from authsite.cli.user.unit_of_work import Result, locked_account, print_result


@click.command(epilog=example("user end-sessions production.ini ada@example.com"))
@ini_argument
@account_argument
@operator_option
@json_option
def end_sessions(ini: str, account: str, as_json: bool) -> None:
    """Sign a user out on all devices."""
    with locked_account(ini, account) as (work, user):
        ended = sessions.end_sessions(work, user.id, SessionEndReason.ENDED_BY_ADMIN)
        result = Result.of(user, f"{ended} sessions ended", sessions_ended=ended)
    print_result(result, as_json=as_json)


@click.command(epilog=example("user end-session production.ini ada@example.com ZXlrTW9vTTBJ3S1l"))
@ini_argument
@account_argument
@click.argument("session", type=parse_line)
@operator_option
@json_option
def end_session(ini: str, account: str, session: str, as_json: bool) -> None:
    """Sign a user out of one session.

    SESSION is an ID that `authsite user show` prints.
    """
    with locked_account(ini, account) as (work, user):
        reason = SessionEndReason.ENDED_BY_ADMIN
        if not sessions.end_session_by_id(work, user.id, session, reason):
            raise CommandError(f"{user.email} has no session {session}")
        result = Result.of(user, "session ended", session=session)
    print_result(result, as_json=as_json)
