"""Parsers of arguments: the account, and values that the forms of pages validate, too."""

from collections.abc import Callable
from typing import Any

import click
from webob.multidict import MultiDict

from authsite.accounts.suspend_account import MAX_REASON
from authsite.cli.errors import CommandError
from authsite.text import is_readable, trimmed
from authsite.web.forms import SiteForm, reason_field


def parse_line(text: str) -> str:
    """Return one line of text in NFC, without surrounding space."""
    return trimmed(_require_readable(text))


#: The email address or the ID of an account; an ID that begins with a hyphen comes after `--`.
account_argument = click.argument("account", type=parse_line)


def reason_option(meaning: str) -> Callable[[Any], Any]:
    """Return the option for the reason of an action, which is recorded with it."""
    return click.option(
        "--reason",
        type=parse_field(ReasonForm, "reason"),
        metavar="TEXT",
        required=True,
        help=f"{meaning} 1 to {MAX_REASON} characters.",
    )


def no_such_account(account: str) -> CommandError:
    """Return the error for an account that does not exist."""
    return CommandError(
        f"no account has the {'email address' if '@' in account else 'ID'} {account}"
    )


def parse_field(form: type[SiteForm], name: str) -> Callable[[str], str]:
    """Return a parser that takes and refuses what this field of the form does."""
    parse_any = parse_lines(form, name)
    return lambda text: parse_any(_require_readable(text))


def parse_lines(form: type[SiteForm], name: str) -> Callable[[str], str]:
    """Return the parser of a field for several lines."""

    def parse(text: str) -> str:
        filled_in = form(MultiDict({name: text}))
        field = filled_in[name]
        if not field.validate(filled_in):
            raise click.BadParameter(" ".join(field.errors))
        value: str = field.data
        return value

    return parse


class ReasonForm(SiteForm):
    reason = reason_field()


def _require_readable(text: str) -> str:
    """Refuse what no database can store, or no terminal should show."""
    if not is_readable(text):
        raise click.BadParameter("Enter one line of text in UTF-8.")
    return text
