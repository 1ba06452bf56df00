"""The error that ends a command."""

from typing import IO, Any

import click


class CommandError(click.ClickException):
    """Nothing was done; the message is one sentence for the operator, without a full stop.

    The exit status is 1.
    """

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the sentence, on stderr by default."""
        click.echo(f"authsite: {self.format_message()}", file=file, err=True)
