"""What tests of the whole site need: other applications, and a database that goes away."""

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
    """Build the site once more, on the same rows: with other settings, or with pages added."""
    made = []

    def build(add: Callable[[Configurator], None] | None = None, **settings: str) -> object:
        everything = settings_of_tests | {"sqlalchemy.url": database_url} | settings
        with Configurator(settings=everything) as config:
            config.include("authsite")
            if add:
                add(config)
            application = config.make_wsgi_app()
        made.append(services_of(application.registry).database)
        return application

    yield build
    for database in made:
        database.dispose()


def a_whole_visit(browser: Browser, email: str = "ada@example.com") -> None:
    """Sign up, look around, change a name, sign out, sign in."""
    assert browser.sign_up(email=email).location == "http://localhost/dashboard"
    for path in ("/", "/dashboard", "/sign-out"):
        browser.get(path, status=200)
    assert browser.submit(browser.get("/account"), {"first_name": "Augusta"}).status_int == 303
    assert browser.sign_out().status_int == 303
    assert browser.sign_in(email, f"{PASSWORD}x").status_int == 422
    assert browser.sign_in(email).status_int == 303


@pytest.fixture
def visit() -> Callable[..., Browser]:
    """Open a browser before an application of the test's own."""
    return lambda application, **environ: Browser(TestApp(application, extra_environ=environ))


@pytest.fixture
def database_away(
    database_url: str, services: Services
) -> Callable[[Services], AbstractContextManager[None]]:
    """Take the database away from the sites: the file, or every connection and all new ones."""
    url = sa.make_url(database_url)

    @contextmanager
    def away(*sites: Services) -> Iterator[None]:
        take = _file_away if url.get_backend_name() == "sqlite" else _server_away
        for each in (services, *sites) if url.get_backend_name() == "sqlite" else ():
            each.database.dispose()
        with take(url):
            yield

    return away


@contextmanager
def _file_away(url: sa.URL) -> Iterator[None]:
    path = Path(url.database)
    kept = shutil.move(path, path.with_suffix(".away"))
    path.mkdir()  # what is no file can be opened by nobody, not even by root
    yield
    path.rmdir()
    shutil.move(kept, path)


@contextmanager
def _server_away(url: sa.URL) -> Iterator[None]:
    elsewhere = url.set(database="postgres", drivername="postgresql").render_as_string(False)
    with psycopg.connect(elsewhere, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS false")
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            [url.database],
        )
        yield
        connection.execute(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS true")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request, tmp_path):
    """The URL of a database in which there is nothing."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/empty.sqlite"
    return request.getfixturevalue("postgresql").new_database()


@pytest.fixture
def engine(empty_url):
    """A way into that database which holds no connection back."""
    url = sa.make_url(empty_url)
    if url.get_backend_name() == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    return sa.create_engine(url, poolclass=sa.pool.NullPool)
