"""Run migrations with the settings of the server: the ini file and DATABASE_URL."""

import os
from logging.config import fileConfig

import sqlalchemy as sa
from alembic import context
from plaster import get_settings

from authsite.db.sqlite import create_private_files
from authsite.models import Base
from authsite.models.base import UtcDateTime
from authsite.models.search_index import is_in_metadata
from authsite.settings.loader import SettingError, read_database_url

config = context.config
if config.config_file_name and config.attributes.get("configure_logging", True):
    fileConfig(config.config_file_name, disable_existing_loggers=False)


def render_item(kind: str, item: object, autogen_context: object) -> str | bool:
    """Render our column types in new migrations with an import."""
    if kind == "type" and isinstance(item, UtcDateTime):
        autogen_context.imports.add("from authsite.models.base import UtcDateTime")
        return "UtcDateTime()"
    return False


def database_url() -> sa.URL:
    """Return the URL of `[app:main]`, or the one that a test has set."""
    url = config.attributes.get("url")
    if url is not None:
        return url
    ini = get_settings(config.config_file_name, "app:main")
    try:
        return read_database_url(ini, os.environ)
    except SettingError as error:
        raise SystemExit(f"authsite: {error}") from None


def run_migrations() -> None:
    """Migrate in one transaction, so that a failed migration is rolled back."""
    url = database_url()
    sqlite = url.get_backend_name() == "sqlite"
    # A pooler may stand before PostgreSQL (docs/postgresql.md), and no statement runs often.
    options = {} if sqlite else {"connect_args": {"prepare_threshold": None}}
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool, **options)
    if sqlite:
        create_private_files(engine)
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", lambda each: each.exec_driver_sql("BEGIN IMMEDIATE"))
    else:  # the role of the site may have a limit, which a new index on a large table exceeds
        no_limit = "SET LOCAL statement_timeout = 0"
        sa.event.listen(engine, "begin", lambda each: each.exec_driver_sql(no_limit))
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_item=render_item,
            render_as_batch=sqlite,
            compare_type=True,
            include_object=lambda _object, name, *_rest: is_in_metadata(name),
            transactional_ddl=True,
        )
        with context.begin_transaction():
            context.run_migrations()
            if sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                raise RuntimeError("a migration left rows that point at nothing")
    engine.dispose()


def _prepare_sqlite(connection, _record) -> None:
    # Foreign keys are off while tables are rebuilt: dropping the old table would cascade.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA foreign_keys=OFF")


if context.is_offline_mode():
    context.configure(url=database_url(), target_metadata=Base.metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    run_migrations()
