#!/usr/bin/env python3
"""Back up the site's database while the site runs, check the copy, and keep the newest.

    deploy/backup.py [--keep=14] production.ini /var/lib/authsite/backups

The database is that of the settings. SQLite is copied by `VACUUM INTO`, PostgreSQL by `pg_dump`. A
file gets its name when it is complete, and only its owner can read it.
"""

import argparse
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from plaster import get_settings
from sqlalchemy.engine import URL

from authsite.db.postgresql import conninfo, libpq_parameters
from authsite.settings.loader import SettingError, read_database_url, read_pooler

#: `pg_dump` empties the search path of its session, in which the site would then find no table.
_POOLED = (
    "a backup needs a session of its own, which the pooler would give to the site afterwards: set "
    "DATABASE_URL to PostgreSQL itself and AUTHSITE_DATABASE_POOLER=none for the backup "
    "(docs/postgresql.md)"
)


class BackupError(Exception):
    """No backup was made; the message says why."""


def copy_sqlite(url: URL, to: Path) -> None:
    """Write a copy of the file and check it."""
    if not Path(url.database).exists():
        raise BackupError(f"there is no database at {url.database}")
    with closing(sqlite3.connect(url.database, timeout=60)) as connection:
        connection.execute("VACUUM INTO ?", [str(to)])
    with closing(sqlite3.connect(to)) as copy:
        for check in ("PRAGMA integrity_check", "PRAGMA foreign_key_check"):
            problems = [row for row in copy.execute(check) if row != ("ok",)]
            if problems:
                raise BackupError(f"the copy is broken: {problems[0]}")


def dump_postgresql(url: URL, to: Path) -> None:
    """Write a dump and read its table of contents."""
    environ = dict(os.environ)
    parameters = libpq_parameters(url)
    password = parameters.pop("password", None)
    if password:  # other users of the machine can read command lines
        environ["PGPASSWORD"] = password
    database = f"--dbname={conninfo(parameters)}"
    run("pg_dump", "--format=custom", f"--file={to}", database, environ=environ)
    run("pg_restore", "--list", str(to), environ=environ)


def run(*command: str, environ: dict[str, str]) -> None:
    """Run a program; raise `BackupError` if it fails."""
    try:
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise BackupError(f"{command[0]} is missing: install postgresql-client") from None
    if done.returncode:
        raise BackupError(f"{command[0]} failed: {done.stderr.strip()}")


def sync_to_disk(path: Path) -> None:
    """Flush a file, or the names in a folder, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def back_up(ini: str, folder: Path) -> Path:
    """Make a backup in the folder and return its path. Run one at a time."""
    for leftover in folder.glob(".authsite-*Z.*"):  # of a backup that was killed
        leftover.unlink(missing_ok=True)
    settings = get_settings(ini, "app:main")
    url = read_database_url(settings, os.environ)
    is_sqlite = url.get_backend_name() == "sqlite"
    if not is_sqlite and read_pooler(settings, os.environ) != "none":
        raise BackupError(_POOLED)
    copy, suffix = (copy_sqlite, "sqlite") if is_sqlite else (dump_postgresql, "dump")
    path = folder / f"authsite-{datetime.now(UTC):%Y-%m-%dT%H-%M-%S.%fZ}.{suffix}"
    unfinished = path.with_name(f".{path.name}")
    try:
        copy(url, unfinished)
        sync_to_disk(unfinished)
        unfinished.rename(path)
    finally:
        unfinished.unlink(missing_ok=True)
    sync_to_disk(folder)
    return path


def delete_old(folder: Path, *, keep: int) -> None:
    """Delete all backups except the newest `keep`."""
    for path in sorted(folder.glob("authsite-*Z.*"))[:-keep]:
        path.unlink()


def main() -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(description="Make a backup of the site's database.")
    parser.add_argument("--keep", type=int, default=14, help="how many to keep (14)")
    parser.add_argument("ini", help="the ini file of the site")
    parser.add_argument("folder", type=Path, help="the folder for backups")
    args = parser.parse_args()
    os.umask(0o077)
    try:
        args.folder.mkdir(parents=True, exist_ok=True)
        path = back_up(args.ini, args.folder)
        delete_old(args.folder, keep=max(1, args.keep))
    except (BackupError, SettingError, OSError, sqlite3.Error) as error:
        sys.stderr.write(f"backup: {error}\n")
        return 1
    sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
