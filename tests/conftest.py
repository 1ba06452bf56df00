"""What the tests stand on: the real application, a database that forgets, browsers."""

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
from tests.mailbox import Mailbox
from tests.postgresql import Cluster

ROOT = Path(__file__).parent.parent
BACKENDS = ("sqlite", "postgresql")
#: Where Linux keeps files in memory. A commit that waits for a disk says nothing about the site.
MEMORY = Path("/dev/shm")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave PostgreSQL out where it makes no difference, and its coverage where it adds nothing.

    The unit tests reach every branch that is for PostgreSQL alone.
    """
    on_postgresql = [item for item in items if _database_of(item) == "postgresql"]
    left_out = {item for item in on_postgresql if item.get_closest_marker("one_database")}
    config.hook.pytest_deselected(items=list(left_out))
    items[:] = [item for item in items if item not in left_out]
    for item in on_postgresql:
        if ROOT / "tests" / "unit" not in item.path.parents:
            item.add_marker("no_cover")


def _database_of(item: pytest.Item) -> str | None:
    callspec = getattr(item, "callspec", None)
    return callspec and callspec.params.get("database_url")


# No application of the tests works in the background, unless a test starts its workers.
background.disable()


@pytest.fixture(scope="session")
def settings_of_tests() -> dict[str, str]:
    """What testing.ini says."""
    return dict(plaster.get_settings(str(ROOT / "testing.ini"), "app:main"))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Cluster]:
    """A PostgreSQL server of our own, started once."""
    with Cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def migrate() -> Callable[..., None]:
    """Run alembic on the database of a URL, up or down to a revision."""

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
    """A folder in memory if there is one, else on a disk."""
    folder = tempfile.mkdtemp(prefix="authsite-", dir=MEMORY if MEMORY.is_dir() else None)
    yield Path(folder)
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def migrated_database(
    request: pytest.FixtureRequest, memory: Path, migrate: Callable[[str], None]
) -> Callable[[str], str]:
    """Return the URL of the migrated database of a kind, which a worker makes once."""

    @functools.cache
    def make(kind: str) -> str:
        if kind == "sqlite":
            url = f"sqlite:///{memory}/authsite.sqlite"
        else:
            url = request.getfixturevalue("postgresql").new_database()
        migrate(url)
        return url

    return make


@pytest.fixture(scope="session", params=BACKENDS)
def database_url(request: pytest.FixtureRequest, migrated_database: Callable[[str], str]) -> str:
    """The URL of a migrated database; every test that asks runs on each kind."""
    return migrated_database(request.param)


@pytest.fixture(scope="session")
def application_on(settings_of_tests: dict[str, str]) -> Iterator[Callable[[str], Router]]:
    """Return the real application on the database of a URL, which a worker builds once."""
    made = []

    @functools.cache
    def build(url: str) -> Router:
        application = authsite.main({}, **settings_of_tests | {"sqlalchemy.url": url})
        made.append(services_of(application.registry))
        return application

    yield build
    for services in made:
        services.database.dispose()


@pytest.fixture(scope="session")
def application(database_url: str, application_on: Callable[[str], Router]) -> Router:
    """The real application on that database."""
    return application_on(database_url)


@pytest.fixture
def services(application) -> Iterator[Services]:
    """The parts of the application; all rows are gone when the test is over."""
    services = services_of(application.registry)
    yield services
    forget_everything(services)


def forget_everything(services: Services) -> None:
    """Delete every row about people."""
    with services.database.engine.begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            if table is not PurgeRun.__table__:
                connection.execute(sa.delete(table))


@pytest.fixture
def dbsession(services: Services) -> Iterator[Session]:
    """A session to arrange and to look; what it adds is there for everyone after a commit."""
    with Session(services.database.engine) as session:
        yield session


@pytest.fixture
def mailbox(services: Services) -> Mailbox:
    """What the site has written to people."""
    return Mailbox(services)


@pytest.fixture
def verify(services: Services) -> Callable[[], None]:
    """Let everybody have verified their address, so that no page asks them to."""

    def go() -> None:
        with services.database.write_engine.begin() as connection:
            connection.execute(sa.update(User.__table__).values(email_verified_at=utc_now()))

    return go


@pytest.fixture
def grant_admin(services: Services) -> Callable[[str], None]:
    """Let the person with an address administer the site, as an operator does."""

    def go(email: str) -> None:
        person = sa.update(User.__table__).where(User.email == email)
        with services.database.write_engine.begin() as connection:
            connection.execute(person.values(is_administrator=True, email_verified_at=utc_now()))

    return go


@pytest.fixture
def new_browser(application, services: Services) -> Callable[..., Browser]:
    """Make browsers; two of them in one test are two people."""
    return lambda **environ: Browser(TestApp(application, extra_environ=environ))


@pytest.fixture
def browser(new_browser: Callable[..., Browser]) -> Browser:
    """A browser that nobody has signed in with."""
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
