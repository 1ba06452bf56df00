"""Run the migrations of the application, in the database of [app:main]."""

from alembic import context
from pyramid.paster import get_appsettings
from sqlalchemy import engine_from_config

from authsite.alembic import include_name
from orders.models.meta import Base

settings = get_appsettings(context.config.config_file_name)
engine = engine_from_config(settings, "sqlalchemy.")
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        include_name=include_name,
    )
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
