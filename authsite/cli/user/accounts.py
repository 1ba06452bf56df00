"""Parsers of arguments: the account, and values that the forms of pages validate, too."""

from collections.abc import Callable

import click
from sqlalchemy.orm import Session
from webob.multidict import MultiDict

from authsite.accounts.find_users import UserSummary, get_summary, get_summary_by_email
from authsite.cli.errors import CommandError
from authsite.text import is_readable, trimmed
from authsite.web.forms import SiteForm


def parse_line(text: str) -> str:
    """Return one line of text in NFC, without surrounding space."""
    return trimmed(_require_readable(text))


#: The email address or the ID of an account; an ID that begins with a hyphen comes after `--`.
account_argument = click.argument("account", type=parse_line)


def find_account(dbsession: Session, account: str) -> UserSummary | None:
    """Return the account with this email address or this ID, or None."""
    find = get_summary_by_email if "@" in account else get_summary
    return find(dbsession, account)


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


def _require_readable(text: str) -> str:
    """Refuse what no database can store, or no terminal should show."""
    if not is_readable(text):
        raise click.BadParameter("Enter one line of text in UTF-8.")
    return text
