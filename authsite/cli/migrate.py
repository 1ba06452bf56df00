"""`authsite migrate`: create and change the tables of authsite."""

import os

import alembic.command
import click
from alembic.config import Config
from alembic.util import CommandError as MigrationError
from sqlalchemy.engine import URL
from sqlalchemy.exc import DatabaseError

from authsite.cli.errors import CommandError
from authsite.cli.options import example, ini_argument
from authsite.cli.site import in_one_line, read_application_section
from authsite.db.engines import DATABASE_UNAVAILABLE
from authsite.db.migrations import alembic_config
from authsite.db.revision import HEAD
from authsite.settings.loader import SettingError, read_database_url


@click.command(epilog=example("migrate production.ini"))
@ini_argument
def migrate(ini: str) -> None:
    """Create or migrate the tables.

    Those of authsite, in the database of [app:main] or DATABASE_URL, to the last revision of this
    version. Tables of the application stay as they are. Safe to repeat.
    """
    config = alembic_config(_database_url(ini))
    try:
        alembic.command.upgrade(config, "head")
    except ImportError as error:
        raise CommandError(f"the driver is missing, install authsite[postgres]: {error}") from error
    except (*DATABASE_UNAVAILABLE, DatabaseError) as error:
        raise CommandError(f"the database cannot be used: {in_one_line(error)}") from error
    except MigrationError as error:
        raise CommandError(f"the tables cannot be migrated: {error}") from error
    click.echo(_summary(config))


def _database_url(ini: str) -> URL:
    try:
        return read_database_url(read_application_section(ini), os.environ)
    except SettingError as error:
        raise CommandError(str(error)) from error


def _summary(config: Config) -> str:
    """Return what was done, of what `env.py` has found before the migrations."""
    revision, moved = config.attributes["revision"], config.attributes["moved"]
    if revision is None:
        done = f"Created the tables at revision {HEAD}."
    elif revision == HEAD:
        done = f"The tables are at revision {HEAD}, the last one."
    else:
        done = f"Migrated the tables from revision {revision} to {HEAD}."
    return f"Moved alembic_version to authsite_version. {done}" if moved else done
