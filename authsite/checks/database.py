"""Whether the database answers, has the tables that the code needs, and goes by the same clock."""

import sqlite3
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError

from authsite.checks.finding import Finding, doubtful, fine, in_one_line, wrong
from authsite.checks.setup import Setup
from authsite.clock import utc_now
from authsite.settings.loader import SettingError

#: What statements of the site need: `RETURNING`.
_OLDEST_SQLITE = (3, 35)
#: How far two clocks may be apart, and an answer may take.
_APART = timedelta(seconds=2)
_SLOW = 0.1
_NOW = sa.select(sa.func.clock_timestamp(type_=sa.DateTime(timezone=True)))


def database(setup: Setup) -> Iterator[Finding]:
    """It can be reached, and answers at once."""
    try:
        url = setup.database_url
    except SettingError as error:
        yield wrong(str(error).rstrip("."), "set it in the ini file or in the environment")
        return
    file = setup.database_file
    if file is not None and not file.is_file():
        yield wrong(
            f"there is no file {file}", f"`alembic -c {setup.ini} upgrade head`, as the site's user"
        )
        return
    begun = time.perf_counter()
    try:
        with setup.looking.connect() as connection:
            connected = time.perf_counter()
            # SQLite reads the file only when it has to.
            connection.exec_driver_sql("SELECT 1" if file is None else "PRAGMA schema_version")
            took = time.perf_counter() - connected
            version = ".".join(map(str, connection.dialect.server_version_info or ()))
    except ImportError as error:
        yield wrong(f"no driver: {error}", "install authsite[postgres]")
        return
    except (sa.exc.SQLAlchemyError, OSError) as error:
        yield wrong(f"no connection: {in_one_line(error)}", _how_to_reach(url, file))
        return
    seen = (
        f"{'SQLite' if file else 'PostgreSQL'} {version} is there in "
        f"{(connected - begun) * 1000:.0f} ms and answers in {took * 1000:.0f} ms"
    )
    if file is not None and sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        yield wrong(seen, "take a Python with SQLite 3.35 or newer")
    elif took > _SLOW:
        yield doubtful(f"{seen}, as does each of several at every page", "have it nearer")
    else:
        yield fine(seen)


def _how_to_reach(url: sa.URL, file: Path | None) -> str:
    if file is not None:
        return f"see that {file} is a database, and that the site's user may read it"
    return (
        f"see that PostgreSQL runs at {url.host or 'its socket'}, lets this machine in "
        "(pg_hba.conf, firewall, IPAddressAllow of the service), and knows user and password"
    )


def migrations(setup: Setup) -> Iterator[Finding]:
    """It is at the head of the migrations that lie beside the ini file."""
    try:
        script = ScriptDirectory.from_config(Config(setup.ini))
        heads = set(script.get_heads())
        known = {each.revision for each in script.walk_revisions()}
    except CommandError as error:
        yield doubtful(
            f"there are no migrations to compare with: {error}",
            "give the ini file the section [alembic] of production.ini",
        )
        return
    with setup.looking.connect() as connection:
        found = set(MigrationContext.configure(connection).get_current_heads())
    upgrade = f"make a backup, then `alembic -c {setup.ini} upgrade head`"
    if found == heads:
        yield fine(f"the database is at {_listed(found)}, the head")
    elif found - known and min(found) > max(heads, default=""):  # they are numbered
        yield doubtful(
            f"the database is at {_listed(found)}, this code knows {_listed(heads)} as the last",
            "newer code has migrated it: start that everywhere",
        )
    elif found - known:
        yield wrong(
            f"the database is at {_listed(found)}, which this code does not know",
            "see that it is the database of this site, and the ini file that of this code",
        )
    else:
        yield wrong(
            f"the database is at {_listed(found)}, the code needs {_listed(heads)}", upgrade
        )


def _listed(revisions: set[str]) -> str:
    return ", ".join(sorted(revisions)) or "nothing at all"


def clock(setup: Setup) -> Iterator[Finding]:
    """It agrees with this machine's within two seconds; SQLite's is this machine's."""
    if setup.database_file is not None:
        yield from _clock_against_files(setup.database_file, Path(__file__))
        return
    with setup.looking.connect() as connection:
        connection.execute(_NOW)  # so that the second costs one way there and back
        before = utc_now()
        theirs: datetime = connection.execute(_NOW).scalar_one()
        after = utc_now()
    apart = max(before - theirs, theirs - after, timedelta())
    if apart > _APART:
        yield wrong(
            f"the clocks of this machine and the database are {apart.total_seconds():.0f} s apart",
            "let chrony or systemd-timesyncd keep both",
        )
    else:
        yield fine(f"this machine and the database agree within {_APART.total_seconds():.0f} s")


def _clock_against_files(*files: Path) -> Iterator[Finding]:
    """Whoever has written a file that is there has not done it in the future."""
    newest = max(file.stat().st_mtime for file in files)
    behind = newest - utc_now().timestamp()
    if behind > _APART.total_seconds():
        yield wrong(
            f"the clock is {behind:.0f} s behind the time at which the site's files were written",
            "let chrony or systemd-timesyncd keep it",
        )
    else:
        yield fine("the database goes by the clock of this machine, which is not behind its files")
