"""An application with migrations of its own, as docs/adopting.md says."""

import re
import sys
from pathlib import Path

import alembic.command
import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.util import CommandError

from authsite.db.migrations import alembic_config
from tests.conftest import ROOT
from tests.site.test_former_version import versions_of
from tests.site.test_migrations import schema_of

PAGE = (ROOT / "docs" / "adopting.md").read_text("utf-8")
_, SECTION = PAGE.split("## Tables and migrations")
CONFIGURE, TABLES = re.findall(r"^```python\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)
BEFORE = """
from alembic import context
from order_tables import Base

connection = context.config.attributes["connection"]
"""
AFTER = """
with context.begin_transaction():
    context.run_migrations()
"""
#: A table that many applications have.
PERSON = """

class Person(Base):
    __tablename__ = "user"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(index=True)
"""


class Application:
    """An application with an alembic environment."""

    def __init__(self, folder: Path, engine: sa.Engine) -> None:
        self._engine = engine
        self._config = Config(str(folder / "alembic.ini"))
        alembic.command.init(self._config, str(folder / "alembic"))
        self._env = folder / "alembic" / "env.py"
        self.configure(CONFIGURE)
        (folder / "order_tables.py").write_text(TABLES + PERSON)

    def configure(self, lines: str) -> None:
        """Write an `env.py` with these lines."""
        self._env.write_text(BEFORE + lines + AFTER)

    def run(self, command, *arguments, **options):
        """Run a command of alembic in the environment of the application."""
        with self._engine.connect() as connection:
            self._config.attributes["connection"] = connection
            return command(self._config, *arguments, **options)

    def autogenerate(self) -> str:
        """Write a migration of what alembic finds to do; return its text."""
        script = self.run(alembic.command.revision, "found", autogenerate=True)
        return Path(script.path).read_text("utf-8")

    def upgrade(self) -> None:
        """Run the migrations."""
        self.run(alembic.command.upgrade, "heads")

    def check(self) -> None:
        """Raise `CommandError` if autogenerate would find something."""
        self.run(alembic.command.check)


@pytest.fixture
def application(tmp_path, engine, monkeypatch):
    """An application that has no migration yet."""
    monkeypatch.syspath_prepend(tmp_path)
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
    migrate_authsite(empty_url)
    application.check()
    assert len(versions_of(engine)) == 1
    application.configure(CONFIGURE.replace(", include_name=include_name", ""))
    with pytest.raises(CommandError, match="'remove_table', Table\\('authsite_"):
        application.check()


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
