"""Start applications that include authsite, on new databases: `examples/`, and `before/`."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import alembic.command
import alembic.config
import pytest
import sqlalchemy as sa
from pyramid.paster import get_app

from authsite.services import Services, services_of
from tests.conftest import BACKENDS, ROOT
from tests.hosts.visitor import Visitor
from tests.shell import run

EXAMPLES = ROOT / "examples"
#: As `export PYTHONPATH=.` in the README of the examples, and authsite of this checkout.
PATH = os.pathsep.join([".", str(ROOT)])


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    """Tests with it run on each database."""
    return request.param


@pytest.fixture
def copied(tmp_path: Path) -> Iterator[Callable[[Path], Path]]:
    """Return a function that copies an application, and lets Python import the copy."""
    folders = []
    with pytest.MonkeyPatch.context() as patch:

        def copy(source: Path) -> Path:
            folder = tmp_path / source.name
            ignored = shutil.ignore_patterns("__pycache__", "*.sqlite*", "*.fs*")
            shutil.copytree(source, folder, ignore=ignored)
            folders.append(folder)
            patch.syspath_prepend(folder)
            return folder

        yield copy
    for folder in folders:
        forget_modules(folder)


@pytest.fixture
def use_backend(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Return a function that lets an ini file name a new database of a backend."""

    def use(ini: Path, backend: str) -> None:
        if backend == "postgresql":
            url = sa.make_url(request.getfixturevalue("postgresql").new_database())
            url = url.set(drivername="postgresql+psycopg")  # by itself only since SQLAlchemy 2.1
            before, key, rest = ini.read_text("utf-8").partition("sqlalchemy.url = ")
            _, _, after = rest.partition("\n")
            text = url.render_as_string(hide_password=False).replace("%", "%%")
            ini.write_text(f"{before}{key}{text}\n{after}", "utf-8")

    return use


@pytest.fixture
def start_host() -> Iterator[Callable[[Path], Visitor]]:
    """Return a function that starts the application of an ini file and opens a browser at it."""
    applications: list[Any] = []

    def start(ini: Path) -> Visitor:
        applications.append(get_app(str(ini)))
        return Visitor(applications[-1], ini)

    yield start
    for application in applications:
        release(application.registry)


@pytest.fixture
def open_host(
    copied: Callable[[Path], Path],
    use_backend: Callable[[Path, str], None],
    start_host: Callable[[Path], Visitor],
) -> Callable[..., Visitor]:
    """Return a function that starts an example as its README says."""

    def start(example: str, backend: str = "sqlite") -> Visitor:
        (ini,) = copied(EXAMPLES / example).glob("*.ini")
        use_backend(ini, backend)
        migrate(ini)
        return start_host(ini)

    return start


def in_shell(ini: Path, *command: str) -> str:
    """Run a command beside the ini file, as an operator does; return what it prints."""
    environ = {**os.environ, "PYTHONPATH": PATH}
    return subprocess.run(
        command, cwd=ini.parent, env=environ, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def forget_modules(folder: Path) -> None:
    """Let Python import the modules of an application again."""
    packages = {path.stem for path in folder.iterdir()}
    for name in [name for name in sys.modules if name.partition(".")[0] in packages]:
        del sys.modules[name]


def release(registry: Any) -> None:
    """Close the connections of an application to its databases."""
    if "dbsession_factory" in registry:
        registry["dbsession_factory"].kw["bind"].dispose()
    for database in getattr(registry, "_zodb_databases", {}).values():
        database.close()
    if registry.queryUtility(Services) is not None:
        services_of(registry).database.dispose()


def migrate(ini: Path) -> None:
    """Run `authsite migrate`, then the migrations of the application, if it has any."""
    run("migrate", str(ini))
    if "[alembic]" in ini.read_text("utf-8"):
        alembic.command.upgrade(alembic.config.Config(str(ini)), "head")
