"""`authsite tree`: print every address with method, permission and view."""

import sys

from pyramid.registry import Registry

from authsite.addresses import pages_of
from authsite.commands.ini_file import add_ini_file, with_site

HELP = "print every address of the site with method, permission and view"

add_arguments = add_ini_file


@with_site
def run(registry: Registry) -> int:
    """Print the table, a page a line, in columns."""
    rows = [("address", "method", "permission", "view")]
    rows += [(page.address, page.method, page.permission, page.view) for page in pages_of(registry)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        sys.stdout.write(f"{line.rstrip()}\n")
    return 0
