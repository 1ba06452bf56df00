"""An application with migrations of its own in the database of authsite."""

import sys
from pathlib import Path

import alembic.command
import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.util import CommandError

from authsite.db.migrations import alembic_config
from tests.site.test_former_version import versions_of
from tests.site.test_migrations import schema_of

ENV = """
from alembic import context
from authsite.alembic import include_name
from order_tables import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    include_name=include_name if context.config.attributes["uses_include_name"] else None,
)
with context.begin_transaction():
    context.run_migrations()
"""
TABLES = """
import sqlalchemy as sa
from authsite.models import User
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Product(Base):
    __tablename__ = "user"  # as many applications have it

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)


class Order(Base):
    __tablename__ = "order"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(sa.ForeignKey(User.id, ondelete="CASCADE"), index=True)
    product_id: Mapped[int] = mapped_column(sa.ForeignKey(Product.id))
    user: Mapped[User] = relationship(User)
"""


class Application:
    """An application with an alembic environment."""

    def __init__(self, folder: Path, engine: sa.Engine) -> None:
        self._engine = engine
        self._config = Config(str(folder / "alembic.ini"))
        alembic.command.init(self._config, str(folder / "alembic"))
        (folder / "alembic" / "env.py").write_text(ENV)
        (folder / "order_tables.py").write_text(TABLES)

    def run(self, command, *arguments, uses_include_name=True, **options):
        """Run a command of alembic in the environment of the application."""
        with self._engine.connect() as connection:
            self._config.attributes |= {
                "connection": connection,
                "uses_include_name": uses_include_name,
            }
            return command(self._config, *arguments, **options)

    def autogenerate(self) -> str:
        """Write a migration of what alembic finds to do; return its text."""
        script = self.run(alembic.command.revision, "found", autogenerate=True)
        return Path(script.path).read_text("utf-8")

    def upgrade(self) -> None:
        """Run the migrations."""
        self.run(alembic.command.upgrade, "heads")

    def check(self, **options) -> None:
        """Raise `CommandError` if autogenerate would find something."""
        self.run(alembic.command.check, **options)


@pytest.fixture
def application(tmp_path, engine, monkeypatch, capsys):
    """An application that has no migration yet."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "order_tables", raising=False)
    yield Application(tmp_path, engine)
    sys.modules.pop("order_tables", None)


def migrate_authsite(url):
    """Do what `authsite migrate` does."""
    alembic.command.upgrade(alembic_config(sa.make_url(url)), "head")


def test_autogenerate_finds_only_the_tables_of_the_application(application, empty_url, engine):
    migrate_authsite(empty_url)
    script = application.autogenerate()
    assert script.count("op.create_table(") == 2
    assert "['authsite_user.id'], ondelete='CASCADE')" in script
    assert "op.drop" not in script.partition("def downgrade")[0]
    application.upgrade()
    application.check()
    with pytest.raises(CommandError, match="'remove_table', Table\\('authsite_"):
        application.check(uses_include_name=False)
    migrate_authsite(empty_url)
    application.check()
    assert len(versions_of(engine)) == 1


def test_migrations_of_both_may_run_in_any_order(application, empty_url, engine):
    """Here those of the application come first, without the foreign key."""
    application.run(alembic.command.revision, "first", rev_id="0012")
    application.upgrade()
    migrate_authsite(empty_url)
    application.run(alembic.command.revision, "other", rev_id="side", head="base", splice=True)
    application.upgrade()
    assert versions_of(engine) == ["0012", "side"]
    migrate_authsite(empty_url)
    assert versions_of(engine) == ["0012", "side"]
    assert "authsite_session" in schema_of(engine)
