"""`authsite purge`: delete now what nobody can use any more."""

import argparse
import sys
import time
from datetime import datetime
from functools import partial

from pyramid.registry import Registry

from authsite.clock import utc_now
from authsite.commands.as_json import add_json, as_json
from authsite.commands.ini_file import add_ini_file, with_site
from authsite.commands.progress import Progress
from authsite.db.engines import Database
from authsite.purging.purger import REST
from authsite.purging.targets import ALL, PurgeTarget, count_expired, purge
from authsite.services import services_of

HELP = (
    "delete expired sessions and links, forgotten throttles, old messages and events, and closed "
    "accounts, in batches, while the site runs"
)


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Make the command ask for an ini file, and take a form for its answer."""
    add_ini_file(command)
    add_json(command)


def run(asked: argparse.Namespace) -> int:
    """Purge, and say how many rows of each kind are gone; on a terminal also how far it is."""
    return with_site(partial(_purge_all, asked))(asked)


def _purge_all(asked: argparse.Namespace, registry: Registry) -> int:
    database, now = services_of(registry).database, utc_now()
    gone = {}
    for target in ALL:
        gone[target.name] = _purge(database, target, now=now)
        if not asked.json:
            sys.stdout.write(f"{gone[target.name]} {target.name} deleted\n")
    if asked.json:
        sys.stdout.write(as_json({"deleted": gone}))
    return 0


def _purge(database: Database, target: PurgeTarget, *, now: datetime) -> int:
    gone = 0
    with database.read_engine.connect() as connection:
        total = count_expired(connection, target, now=now)
    with Progress(f"{target.name} deleted", total=total) as progress:
        for deleted in purge(database.write_engine, target, now=now):
            gone += deleted
            progress.show(gone)
            time.sleep(REST)
    return gone
