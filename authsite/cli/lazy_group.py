"""A group of commands that are imported when they run."""

import pkgutil
from collections.abc import Mapping
from typing import Any

import click


class LazyGroup(click.Group):
    """Lists its commands, in help and completion, without importing them.

    `subcommands` has for each name the place of the command, as `module:attribute`, and its line
    in the help. Importing all of them takes a second.
    """

    def __init__(
        self, *args: Any, subcommands: Mapping[str, tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, (_, line) in subcommands.items():
            self.add_command(click.Command(name, short_help=line))
        self._places = {name: place for name, (place, _) in subcommands.items()}

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Import the command that the arguments begin with."""
        name, command, rest = super().resolve_command(ctx, args)
        if name is not None:  # as it is during completion, after a name that does not exist
            command = pkgutil.resolve_name(self._places[name])
        return name, command, rest
