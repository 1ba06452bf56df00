"""Pyramid bootstrap environment. """
from alembic import context
from pyramid.paster import get_appsettings
from sqlalchemy import engine_from_config

from starter.models.meta import Base

config = context.config
settings = get_appsettings(config.config_file_name)
target_metadata = Base.metadata


def run_migrations_online():
    engine = engine_from_config(settings, prefix='sqlalchemy.')

    connection = engine.connect()
    context.configure(
        connection=connection,
        target_metadata=target_metadata
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.close()
    engine.dispose()


run_migrations_online()
