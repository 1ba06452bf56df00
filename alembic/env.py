"""Run migrations with the settings of the server: the ini file and DATABASE_URL.

`authsite migrate` runs this without an ini file.
"""

import os
from logging.config import fileConfig

import sqlalchemy as sa
from alembic import context
from plaster import get_settings

from authsite.db.former_version import move_former_revision
from authsite.db.migrations import create_migration_engine
from authsite.db.revision import VERSION_TABLE, get_revision
from authsite.db.sqlite import find_broken_keys
from authsite.models import Base
from authsite.models.base import UtcDateTime
from authsite.models.search_index import is_in_metadata
from authsite.settings.loader import SettingError, read_database_url

#: The last migration before 0005, which gave the tables their names of today.
LAST_WITH_FORMER_NAMES = "0004"

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
    """Return the URL of `[app:main]`, or the one that a command or a test has set."""
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
    engine = create_migration_engine(database_url())
    sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            version_table=VERSION_TABLE,
            render_item=render_item,
            render_as_batch=sqlite,
            compare_type=True,
            include_object=lambda _object, name, *_rest: is_in_metadata(name),
            transactional_ddl=True,
        )
        with context.begin_transaction():
            # For the command, which says what was done.
            config.attributes["moved"] = move_former_revision(connection)
            config.attributes["revision"] = revision = get_revision(connection)
            if revision is None and config.attributes.get("skip_former_names"):
                context.get_context().stamp(context.script, LAST_WITH_FORMER_NAMES)
                config.attributes["new_site"] = True
            # The tables of a host application may have such rows already.
            broken = find_broken_keys(connection) if sqlite else set()
            context.run_migrations()
            if sqlite and find_broken_keys(connection) - broken:
                raise RuntimeError("a migration left rows that point at nothing")
    engine.dispose()


if context.is_offline_mode():
    context.configure(
        url=database_url(),
        target_metadata=Base.metadata,
        version_table=VERSION_TABLE,
        literal_binds=True,
    )
    with context.begin_transaction():
        context.run_migrations()
else:
    run_migrations()
