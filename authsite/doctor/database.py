"""The database: it answers quickly, has the tables that the code needs, and shares the clock."""

import sqlite3
import time
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from authsite.clock import utc_now
from authsite.db.former_version import find_former_revision
from authsite.db.revision import HEAD, get_revision
from authsite.doctor.connection_errors import fix_for
from authsite.doctor.finding import Finding, fail, in_one_line, ok, warn
from authsite.doctor.subject import Subject
from authsite.settings.loader import SettingError

#: The first SQLite with `RETURNING`.
_MIN_SQLITE = (3, 35)
#: Seconds that one answer may take: each page needs several.
_SLOW = 0.1
#: How far the clocks may differ, and an answer may take.
_TOLERANCE = timedelta(seconds=2)
_NOW = sa.select(sa.func.clock_timestamp(type_=sa.DateTime(timezone=True)))


def database(subject: Subject) -> Finding:
    """The database can be reached and answers at once."""
    try:
        file = subject.database_file
    except SettingError as error:
        return fail(str(error), "Set it in the ini file or in the environment.")
    if file is not None and not file.is_file():
        fix = f"Run `authsite migrate {subject.ini}` as the user of the site."
        return fail(f"There is no file {file}.", fix)
    try:
        return _ping(subject)
    except ImportError as error:
        return fail(f"The driver is missing: {error}", "Install authsite[postgres].")
    except (sa.exc.SQLAlchemyError, OSError) as error:
        message = in_one_line(error)
        if file is not None:
            fix = f"Check {file}, and that the user of the site has access."
        else:
            fix = fix_for(message, subject.database_url)
        return fail(f"No connection: {message}", fix)


def _ping(subject: Subject) -> Finding:
    started = time.perf_counter()
    with subject.read_only_engine.connect() as connection:
        connected = time.perf_counter()
        # SQLite reads the file only when it has to.
        connection.exec_driver_sql("PRAGMA schema_version" if subject.database_file else "SELECT 1")
        answer = time.perf_counter() - connected
        version = ".".join(map(str, connection.dialect.server_version_info or ()))
    connect, name = connected - started, "SQLite" if subject.database_file else "PostgreSQL"
    message = f"{name} {version} connects in {connect:.3f} s and answers in {answer:.3f} s."
    if subject.database_file and sqlite3.sqlite_version_info < _MIN_SQLITE:
        return fail(message, "Use a Python with SQLite 3.35 or newer.")
    return warn(message) if answer > _SLOW else ok(message)


def migrations(subject: Subject) -> Finding:
    """The tables of authsite are at the last migration of this code."""
    with subject.read_only_engine.connect() as connection:
        revision = get_revision(connection)
        former = find_former_revision(connection)
    if former is not None:
        return fail(f"The database is at {former}, in the table alembic_version of former code.")
    if revision is None:
        return fail(f"The database has no tables of authsite, the code needs {HEAD}.")
    state = f"The database is at {revision}"
    if revision == HEAD:
        return ok(f"{state}, the head.")
    if not revision.isdecimal():
        return fail(
            f"{state}, unknown to this code.", "Check that database and ini file belong together."
        )
    if revision > HEAD:  # they are numbered
        return warn(f"{state}, newer than this code.", "Start the newer code everywhere.")
    return fail(f"{state}, the code needs {HEAD}.")


def clock(subject: Subject) -> Finding:
    """The clock of this machine agrees with the database's within two seconds."""
    if subject.database_file is not None:
        return _check_against_files(subject.database_file, Path(__file__))
    with subject.read_only_engine.connect() as connection:
        connection.execute(_NOW)  # so that the next one costs a single round trip
        before = utc_now()
        theirs: datetime = connection.execute(_NOW).scalar_one()
        after = utc_now()
    for difference, side in ((before - theirs, "ahead of"), (theirs - after, "behind")):
        if difference > _TOLERANCE:
            seconds = f"{difference.total_seconds():.0f} s"
            return fail(f"This machine's clock is {seconds} {side} the database's.")
    return ok("This clock and the database's agree.")


def _check_against_files(*files: Path) -> Finding:
    """Compare with the newest file: SQLite uses this clock, and no file is from the future."""
    behind = max(file.stat().st_mtime for file in files) - utc_now().timestamp()
    if behind > _TOLERANCE.total_seconds():
        return fail(f"This clock is {behind:.0f} s behind the newest file of the site.")
    return ok("SQLite uses this clock, which is not behind the files of the site.")
