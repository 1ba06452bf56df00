"""`authsite tree`: print every address with method, permission and view."""

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial

from pyramid.registry import Registry

from authsite.commands.as_json import add_json, as_json
from authsite.commands.columns import in_columns
from authsite.commands.ini_file import add_ini_file, with_site
from authsite.resources.site_map import Endpoint, endpoints

HELP = "print every address of the site with method, permission and view"
COLUMNS = ("address", "method", "permission", "view")


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Make the command ask for an ini file, and take a form for its answer."""
    add_ini_file(command)
    add_json(command)


def run(asked: argparse.Namespace) -> int:
    """Print the table, a page a line, in columns, or as JSON."""
    return with_site(partial(_print, _as_json if asked.json else _as_text))(asked)


def _print(tell: Callable[[Sequence[Endpoint]], str], registry: Registry) -> int:
    sys.stdout.write(tell(endpoints(registry)))
    return 0


def _as_text(pages: Sequence[Endpoint]) -> str:
    return in_columns([COLUMNS, *(_row(page) for page in pages)])


def _as_json(pages: Sequence[Endpoint]) -> str:
    return as_json([dict(zip(COLUMNS, _row(page), strict=True)) for page in pages])


def _row(page: Endpoint) -> tuple[str, ...]:
    return (page.address, page.method, page.permission, page.view)
