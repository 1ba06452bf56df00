"""`authsite purge`: delete now what nobody can use any more."""

import sys
import time
from datetime import datetime

from pyramid.registry import Registry

from authsite.accounts.sweep import ALL, Leftovers, count_leftovers, sweep
from authsite.clock import utc_now
from authsite.commands.ini_file import add_ini_file, with_site
from authsite.database import Database
from authsite.site import site_of
from authsite.sweeping import REST

HELP = (
    "delete expired sessions and links, forgotten throttles, old messages and closed accounts, in "
    "batches, while the site runs"
)

add_arguments = add_ini_file


@with_site
def run(registry: Registry) -> int:
    """Purge, and say how many rows of each kind are gone; on a terminal also how far it is."""
    database, now = site_of(registry).database, utc_now()
    for leftovers in ALL:
        gone = _purge(database, leftovers, now=now)
        sys.stdout.write(f"{gone} {leftovers.name} deleted\n")
    return 0


def _purge(database: Database, leftovers: Leftovers, *, now: datetime) -> int:
    gone, on_terminal = 0, sys.stderr.isatty()
    with database.reading.connect() as connection:
        total = count_leftovers(connection, leftovers, now=now)
    for deleted in sweep(database.writing, leftovers, now=now):
        gone += deleted
        if on_terminal:
            sys.stderr.write(f"\r{gone} of {total} {leftovers.name} deleted")
            sys.stderr.flush()
        time.sleep(REST)
    if on_terminal and gone:
        sys.stderr.write("\n")
    return gone
