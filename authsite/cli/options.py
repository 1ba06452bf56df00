"""Arguments, options and help texts that several commands share."""

import click

#: The ini file of the site; the command reports a missing one.
ini_argument = click.argument("ini", type=click.Path())
json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


def example(arguments: str) -> str:
    """Return the end of a help text: a command that works as it stands."""
    return f"\b\nExample:\n  authsite {arguments}"
