"""`authsite purge`: delete expired sessions now."""

import sys
import time

from pyramid.registry import Registry

from authsite.accounts.sweep import count_expired_sessions, sweep_expired_sessions
from authsite.clock import utc_now
from authsite.commands.ini_file import add_ini_file, with_site
from authsite.site import site_of
from authsite.sweeping import REST

HELP = "delete the sessions that have expired, in batches, while the site runs"

add_arguments = add_ini_file


@with_site
def run(registry: Registry) -> int:
    """Purge, and say how many rows are gone; on a terminal also how far it is."""
    database, now, gone = site_of(registry).database, utc_now(), 0
    on_terminal = sys.stderr.isatty()
    with database.reading.connect() as connection:
        expired = count_expired_sessions(connection, now=now)
    for deleted in sweep_expired_sessions(database.writing, now=now):
        gone += deleted
        if on_terminal:
            sys.stderr.write(f"\r{gone} of {expired} expired sessions deleted")
            sys.stderr.flush()
        time.sleep(REST)
    if on_terminal and gone:
        sys.stderr.write("\n")
    sys.stdout.write(f"{gone} expired sessions deleted\n")
    return 0
