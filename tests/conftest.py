"""What the tests stand on: the real application, a database that forgets, browsers."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import alembic.command
import alembic.config
import plaster
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from webtest import TestApp

import authsite
from authsite.clock import utc_now
from authsite.models import Base, PurgeRun, User
from authsite.services import Services, services_of
from tests.browsers import Browser
from tests.mailbox import Mailbox
from tests.postgresql import Cluster

ROOT = Path(__file__).parent.parent
BACKENDS = ("sqlite", "postgresql")


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


@pytest.fixture(scope="session", params=BACKENDS)
def database_url(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    migrate: Callable[..., None],
) -> str:
    """The URL of a migrated database; every test that asks runs on each kind."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('sqlite')}/authsite.sqlite"
    else:
        url = request.getfixturevalue("postgresql").new_database()
    migrate(url)
    return url


@pytest.fixture(scope="session")
def application(database_url: str, settings_of_tests: dict[str, str]) -> Iterator[object]:
    """The real application on that database, built once.

    It has swept already, so that no test is in the way of the thread that does it.
    """
    application = authsite.main({}, **settings_of_tests | {"sqlalchemy.url": database_url})
    services_of(application.registry).purger.run_if_due(now=utc_now()).join()
    yield application
    services_of(application.registry).database.dispose()


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


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in list(os.environ):
        if variable.startswith(("AUTHSITE_", "DATABASE_URL")):
            monkeypatch.delenv(variable)
