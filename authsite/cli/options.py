"""Arguments, options and help texts that several commands share."""

import click

from authsite.http.client import parse_network

#: The ini file of the site; the command reports a missing one.
ini_argument = click.argument("ini", type=click.Path())
json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


def example(arguments: str) -> str:
    """Return the end of a help text: a command that works as it stands."""
    return f"\b\nExample:\n  authsite {arguments}"


def network_of_option(text: str) -> str:
    """Return the network of an option's IP address or IPv6 /64, as throttles count it."""
    try:
        return parse_network(text)
    except ValueError:
        raise click.BadParameter(
            "Enter an IP address, or an IPv6 network like 2001:db8::/64."
        ) from None
