"""Fixtures for tests of the whole site: other applications and database outages."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from pyramid.config import Configurator
from webtest import TestApp

from authsite.services import Services, services_of
from tests.browsers import PASSWORD, Browser


@pytest.fixture
def new_application(
    database_url: str, settings_of_tests: dict[str, str], services: Services
) -> Iterator[Callable[..., object]]:
    """Build another application on the same database, with other settings or added pages."""
    databases = []

    def build(add: Callable[[Configurator], None] | None = None, **settings: str) -> object:
        all_settings = settings_of_tests | {"sqlalchemy.url": database_url} | settings
        with Configurator(settings=all_settings) as config:
            config.include("authsite.application.standalone")
            if add:
                add(config)
            application = config.make_wsgi_app()
        databases.append(services_of(application.registry).database)
        return application

    yield build
    for database in databases:
        database.dispose()


def full_visit(browser: Browser, email: str = "ada@example.com") -> None:
    """Sign up, open pages, change the name, sign out and sign in."""
    assert browser.sign_up(email=email).location == "http://localhost/dashboard"
    for path in ("/", "/dashboard", "/sign-out"):
        browser.get(path, status=200)
    assert browser.submit(browser.get("/account"), {"first_name": "Augusta"}).status_int == 303
    assert browser.sign_out().status_int == 303
    assert browser.sign_in(email, f"{PASSWORD}x").status_int == 422
    assert browser.sign_in(email).status_int == 303


@pytest.fixture
def visit() -> Callable[..., Browser]:
    """Return a function that opens a browser at an application."""
    return lambda application, **environ: Browser(TestApp(application, extra_environ=environ))


@pytest.fixture
def database_outage(
    database_url: str, services: Services
) -> Callable[[Services], AbstractContextManager[None]]:
    """Make the database unavailable: move the file, or end and refuse all connections."""
    url = sa.make_url(database_url)

    @contextmanager
    def outage(*others: Services) -> Iterator[None]:
        interrupt = _without_file if url.get_backend_name() == "sqlite" else _without_connections
        for each in (services, *others) if url.get_backend_name() == "sqlite" else ():
            each.database.dispose()
        with interrupt(url):
            yield

    return outage


@contextmanager
def _without_file(url: sa.URL) -> Iterator[None]:
    path = Path(url.database)
    moved = shutil.move(path, path.with_suffix(".moved"))
    path.mkdir()  # even root cannot open a folder as a file
    yield
    path.rmdir()
    shutil.move(moved, path)


@contextmanager
def _without_connections(url: sa.URL) -> Iterator[None]:
    other_database = url.set(database="postgres", drivername="postgresql").render_as_string(False)
    with psycopg.connect(other_database, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS false")
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            [url.database],
        )
        yield
        connection.execute(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS true")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request, tmp_path):
    """The URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/empty.sqlite"
    return request.getfixturevalue("postgresql").new_database()


@pytest.fixture
def engine(empty_url):
    """An engine for the empty database, without a connection pool."""
    url = sa.make_url(empty_url)
    if url.get_backend_name() == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    return sa.create_engine(url, poolclass=sa.pool.NullPool)
