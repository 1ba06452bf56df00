"""Where alembic finds the migrations, and the engine that runs them."""

from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from alembic.config import Config
from sqlalchemy.engine import URL, Engine

from authsite.db.postgresql import connect_arguments, driver_url
from authsite.db.sqlite import create_private_files, prepare_migration

_PACKAGE = Path(__file__).parents[1]
#: How long a server may be silent before the connection is lost. A statement may take longer.
_TIMEOUT = timedelta(seconds=30)


def migrations_of(package: Path) -> Path:
    """Return the folder of migrations: inside the installed package, or beside it in a checkout."""
    installed = package / "migrations"
    return installed if installed.is_dir() else package.parent / "alembic"


def alembic_config(url: URL) -> Config:
    """Return what alembic needs to migrate the database of a URL, without an ini file.

    A new site begins with the names that tables have today: an application has a table `user` too.
    """
    config = Config()
    config.set_main_option("script_location", str(migrations_of(_PACKAGE)).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes |= {"url": url, "skip_former_names": True}
    return config


def create_migration_engine(url: URL) -> Engine:
    """Return an engine whose transactions may take long and rebuild tables."""
    if url.get_backend_name() == "sqlite":
        engine = sa.create_engine(url, poolclass=sa.pool.NullPool, hide_parameters=True)
        create_private_files(engine)
        sa.event.listen(engine, "connect", prepare_migration)
        begin = "BEGIN IMMEDIATE"
    else:
        engine = sa.create_engine(
            driver_url(url),
            poolclass=sa.pool.NullPool,
            hide_parameters=True,
            # A pooler may stand before PostgreSQL (docs/postgresql.md).
            connect_args=connect_arguments(url, _TIMEOUT, pooled=True),
        )
        # The role of the site may have a limit, which a new index on a large table exceeds.
        begin = "SET LOCAL statement_timeout = 0"
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine
