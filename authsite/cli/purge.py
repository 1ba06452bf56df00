"""`authsite purge`: delete expired rows now."""

import time
from datetime import datetime

import click

from authsite.cli.options import example, ini_argument, json_option
from authsite.cli.output import format_json
from authsite.cli.progress import progress_bar
from authsite.cli.site import open_site
from authsite.clock import utc_now
from authsite.db.engines import Database
from authsite.purging import targets
from authsite.purging.purger import PAUSE
from authsite.purging.targets import (
    PurgeTarget,
    count_expired,
    purge_targets,
    take_over_purge,
)


@click.command(epilog=example("purge production.ini"))
@ini_argument
@json_option
def purge(ini: str, as_json: bool) -> None:
    """Delete expired rows while the site runs.

    Expired are sessions, links, throttles, old messages and events, and closed accounts after
    their grace period. Accounts that were never verified are closed first. Rows are deleted in
    batches, so that requests do not wait.
    """
    deleted, now = {}, utc_now()
    with open_site(ini) as request:
        with request.authsite.services.database.write_engine.begin() as connection:
            take_over_purge(connection, now=now)
        lifetime = request.authsite.services.settings.accounts.unverified_lifetime
        for target in purge_targets(lifetime):
            deleted[target.name] = _purge(request.authsite.services.database, target, now=now)
            if not as_json:
                click.echo(f"{deleted[target.name]} {target.name} deleted")
    if as_json:
        click.echo(format_json({"deleted": deleted}), nl=False)


def _purge(database: Database, target: PurgeTarget, *, now: datetime) -> int:
    deleted = 0
    with database.read_engine.connect() as connection:
        total = count_expired(connection, target, now=now)
    with progress_bar(f"Deleting {target.name}", total=total) as advance:
        for batch in targets.purge(database, target, now=now):
            deleted += batch
            advance(batch)
            time.sleep(PAUSE)
    return deleted
