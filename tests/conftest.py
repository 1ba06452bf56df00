"""Fixtures of all tests: the application, its databases and browsers."""

import functools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import alembic.command
import alembic.config
import plaster
import plaster.loaders
import pytest
import sqlalchemy as sa
from pyramid.router import Router
from sqlalchemy.orm import Session
from webtest import TestApp

import authsite
from authsite.application import background
from authsite.clock import utc_now
from authsite.models import Base, PurgeRun, User
from authsite.services import Services, services_of
from tests.browsers import Browser
from tests.mailbox import SECRET, Mailbox
from tests.postgresql import Cluster

ROOT = Path(__file__).parent.parent
BACKENDS = ("sqlite", "postgresql")
#: A file system in memory on Linux, so that commits do not wait for a disk.
MEMORY = Path("/dev/shm")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect PostgreSQL where it makes no difference, and skip its coverage elsewhere.

    The unit tests cover every branch for PostgreSQL.
    """
    on_postgresql = [item for item in items if _database_of(item) == "postgresql"]
    deselected = {item for item in on_postgresql if item.get_closest_marker("one_database")}
    config.hook.pytest_deselected(items=list(deselected))
    items[:] = [item for item in items if item not in deselected]
    for item in on_postgresql:
        if ROOT / "tests" / "unit" not in item.path.parents:
            item.add_marker("no_cover")


def _database_of(item: pytest.Item) -> str | None:
    callspec = getattr(item, "callspec", None)
    return callspec and callspec.params.get("database_url")


# Applications start no workers, unless a test starts them.
background.disable()


@pytest.fixture(scope="session")
def settings_of_tests() -> dict[str, str]:
    """The settings of testing.ini, with a secret that is accepted under every URL."""
    settings = plaster.get_settings(str(ROOT / "testing.ini"), "app:main")
    return dict(settings) | {"authsite.secret": SECRET}


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Cluster]:
    """A PostgreSQL server for the tests, started once."""
    with Cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def migrate() -> Callable[..., None]:
    """Return a function that migrates the database of a URL up or down to a revision."""

    def run(url: str, revision: str = "head", *, down: bool = False) -> None:
        config = alembic.config.Config(ROOT / "testing.ini")
        config.attributes["configure_logging"] = False
        config.attributes["url"] = sa.make_url(url)
        if down:
            alembic.command.downgrade(config, revision)
        else:
            alembic.command.upgrade(config, revision)

    return run


@pytest.fixture(scope="session")
def memory() -> Iterator[Path]:
    """A folder in memory if possible, otherwise on disk."""
    folder = tempfile.mkdtemp(prefix="authsite-", dir=MEMORY if MEMORY.is_dir() else None)
    yield Path(folder)
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def migrated_database(
    request: pytest.FixtureRequest, memory: Path, migrate: Callable[[str], None]
) -> Callable[[str], str]:
    """Return a function for the URL of a backend's migrated database, created once per process."""

    @functools.cache
    def create(backend: str) -> str:
        if backend == "sqlite":
            url = f"sqlite:///{memory}/authsite.sqlite"
        else:
            url = request.getfixturevalue("postgresql").new_database()
        migrate(url)
        return url

    return create


@pytest.fixture(scope="session", params=BACKENDS)
def database_url(request: pytest.FixtureRequest, migrated_database: Callable[[str], str]) -> str:
    """The URL of a migrated database; tests with it run on each backend."""
    return migrated_database(request.param)


@pytest.fixture(scope="session")
def application_on(settings_of_tests: dict[str, str]) -> Iterator[Callable[[str], Router]]:
    """Return a function for the application on a database, built once per process."""
    built = []

    @functools.cache
    def build(url: str) -> Router:
        application = authsite.main({}, **settings_of_tests | {"sqlalchemy.url": url})
        built.append(services_of(application.registry))
        return application

    yield build
    for services in built:
        services.database.dispose()


@pytest.fixture(scope="session")
def application(database_url: str, application_on: Callable[[str], Router]) -> Router:
    """The application on that database."""
    return application_on(database_url)


@pytest.fixture
def services(application) -> Iterator[Services]:
    """The services of the application; all rows are deleted after the test."""
    services = services_of(application.registry)
    yield services
    services.database.outages.stop()  # the next test logs the same cause again
    forget_everything(services)


def forget_everything(services: Services) -> None:
    """Delete all rows except those of the migrations."""
    with services.database.engine.begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            if table is not PurgeRun.__table__:
                connection.execute(sa.delete(table))


@pytest.fixture
def dbsession(services: Services) -> Iterator[Session]:
    """A dbsession to prepare and read rows; the test commits."""
    with Session(services.database.engine) as session:
        yield session


@pytest.fixture
def mailbox(services: Services) -> Mailbox:
    """The emails of the site."""
    return Mailbox(services)


@pytest.fixture
def verify(services: Services) -> Callable[[], None]:
    """Return a function that marks all emails as verified."""

    def verify_all() -> None:
        with services.database.write_engine.begin() as connection:
            connection.execute(sa.update(User.__table__).values(email_verified_at=utc_now()))

    return verify_all


@pytest.fixture
def grant_admin(services: Services) -> Callable[[str], None]:
    """Return a function that makes the user with an email an administrator."""

    def grant(email: str) -> None:
        user = sa.update(User.__table__).where(User.email == email)
        with services.database.write_engine.begin() as connection:
            connection.execute(user.values(is_administrator=True, email_verified_at=utc_now()))

    return grant


@pytest.fixture
def new_browser(application, services: Services) -> Callable[..., Browser]:
    """Return a function that opens a browser of another visitor."""
    return lambda **environ: Browser(TestApp(application, extra_environ=environ))


@pytest.fixture
def browser(new_browser: Callable[..., Browser]) -> Browser:
    """A browser that is not signed in."""
    return new_browser()


@pytest.fixture(scope="session", autouse=True)
def _packages_are_found_once() -> Iterator[None]:
    """Keep plaster from reading the metadata of all installed packages for each ini file."""
    find_loaders = plaster.loaders.find_loaders
    found = functools.cache(find_loaders)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            plaster.loaders,
            "find_loaders",
            lambda scheme, protocols=None: found(scheme, tuple(protocols or ())),
        )
        yield


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in list(os.environ):
        if variable.startswith(("AUTHSITE_", "DATABASE_URL")):
            monkeypatch.delenv(variable)
