"""`authsite user suspend --from-file`: suspend the accounts of a list."""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO

import click
from pyramid.paster import setup_logging

from authsite.accounts.suspend_accounts import Outcome, Suspension, suspend_accounts
from authsite.cli.errors import CommandError
from authsite.cli.output import format_json_line
from authsite.cli.site import open_site
from authsite.cli.user.unit_of_work import unit_of_work

#: Bytes of a line that can name an account: an email address has at most 254 characters.
_MAX_LINE = 1100
_UNREADABLE = "\N{REPLACEMENT CHARACTER}"


def suspend_from_file(ini: str, file: BinaryIO, *, reason: str, as_json: bool) -> None:
    """Suspend each account of the file; print the outcomes, and their numbers on stderr.

    Raises `CommandError` if an account is unknown, after all others are suspended.
    """
    counts = Counter[Outcome]()
    with open_site(ini) as request:
        setup_logging(ini)
        begin = partial(unit_of_work, request)
        for batch in suspend_accounts(begin, _read_accounts(file), reason=reason):
            counts.update(each.outcome for each in batch)
            click.echo("".join(_line(each, as_json=as_json) for each in batch), nl=False)
    click.echo(", ".join(f"{counts[each]} {each}" for each in Outcome), err=True)
    if counts[Outcome.UNKNOWN]:
        raise CommandError(f"lines that name no account: {counts[Outcome.UNKNOWN]}")


def _read_accounts(file: BinaryIO) -> Iterator[str]:
    """Yield the lines that are not empty; one that is too long or no UTF-8 names no account."""
    while line := _read_line(file):
        account = line.decode("utf-8", "replace").strip("\N{ZERO WIDTH NO-BREAK SPACE} \t\r\n")
        if account:
            yield "".join(each if each.isprintable() else _UNREADABLE for each in account)


def _read_line(file: BinaryIO) -> bytes:
    """Return the next line; of one that is too long, the beginning and an unreadable byte."""
    line = rest = file.readline(_MAX_LINE)
    while rest and not rest.endswith(b"\n"):
        rest = file.readline(_MAX_LINE)
    is_cut = len(line) == _MAX_LINE and not line.endswith(b"\n")
    return line + b"\xff" if is_cut else line


def _line(suspension: Suspension, *, as_json: bool) -> str:
    account, outcome, user_id, ended = suspension
    if as_json:
        return format_json_line(
            {"account": account, "outcome": outcome, "id": user_id, "sessions_ended": ended}
        )
    details = f", {ended} sessions ended" if outcome is Outcome.SUSPENDED else ""
    return f"{account}: {outcome}{details}\n"
