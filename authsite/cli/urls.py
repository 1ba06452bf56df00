"""`authsite urls`: every URL with its method, permission and view."""

import click

from authsite.cli.options import example, ini_argument, json_option
from authsite.cli.output import format_json, format_table
from authsite.cli.site import open_site
from authsite.resources.route_map import all_endpoints
from authsite.resources.site_map import Endpoint

COLUMNS = ("url", "method", "permission", "view")


@click.command(epilog=example("urls development.ini"))
@ini_argument
@json_option
def urls(ini: str, as_json: bool) -> None:
    """List every URL with its method, permission and view."""
    with open_site(ini) as request:
        rows = [_row(page) for page in all_endpoints(request.registry)]
    if as_json:
        click.echo(format_json([dict(zip(COLUMNS, row, strict=True)) for row in rows]), nl=False)
    else:
        click.echo(format_table([COLUMNS, *rows]), nl=False)


def _row(page: Endpoint) -> tuple[str, ...]:
    return (page.url, page.method, page.permission, page.view)
