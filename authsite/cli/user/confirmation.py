"""Questions before an operator does what cannot be undone from the shell."""

import sys

import click

from authsite.cli.errors import CommandError

yes_option = click.option("--yes", is_flag=True, help="Do not ask for confirmation.")


def confirm(question: str, *, yes: bool) -> None:
    """Ask on the terminal unless `yes`; end the command if the answer is no."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise CommandError("no terminal to confirm on; pass --yes")
    click.confirm(question, abort=True, err=True)
