"""`authsite tree`: print every address with method, permission and view."""

import sys

from pyramid.registry import Registry

from authsite.addresses import pages_of
from authsite.commands.columns import in_columns
from authsite.commands.ini_file import add_ini_file, with_site

HELP = "print every address of the site with method, permission and view"

add_arguments = add_ini_file


@with_site
def run(registry: Registry) -> int:
    """Print the table, a page a line, in columns."""
    rows = [("address", "method", "permission", "view")]
    rows += [(page.address, page.method, page.permission, page.view) for page in pages_of(registry)]
    sys.stdout.write(in_columns(rows))
    return 0
