"""The name of the operator, which is recorded with everything that a command does."""

import getpass
import os

import click

from authsite.cli.errors import CommandError
from authsite.text import is_readable, is_visible, trimmed

#: Characters, as in the column.
MAX_NAME = 100
_META = "authsite.operator"


def _parse_name(text: str) -> str:
    name = trimmed(text)
    if not is_readable(name) or not is_visible(name) or len(name) > MAX_NAME:
        raise click.BadParameter(f"Enter a name of at most {MAX_NAME} visible characters.")
    return name


def _remember(ctx: click.Context, _parameter: click.Parameter, name: str | None) -> None:
    ctx.meta[_META] = name


operator_option = click.option(
    "--as",
    type=_parse_name,
    callback=_remember,
    expose_value=False,
    metavar="NAME",
    help="Your name for the audit log; by default your user name here.",
)


def operator_name() -> str:
    """Return the name given by `--as`, or else that of the shell's user, also behind sudo.

    Raises `CommandError` for one that cannot be shown.
    """
    given: str | None = click.get_current_context().meta.get(_META)
    if given:
        return given
    try:
        return _parse_name(os.environ.get("SUDO_USER") or _user_name())
    except click.BadParameter:
        raise CommandError("your user name cannot be recorded; pass your name with --as") from None


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an id without a user, as in some containers
        return f"uid {os.getuid()}"
