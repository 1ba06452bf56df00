"""One Chromium and one server for all tests, with a new profile for each user.

Each profile has its own cookies. The back/forward cache is on, as it is for users; Playwright turns
it off by default.
"""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy.engine import Engine, create_engine

from tests.browser.actions import Person, sign_up
from tests.browser.inbox import Inbox
from tests.processes.servers import FOR_LOAD, Server
from tests.smtp import Mailserver, a_mailserver

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_CHROMIUM_IS_MISSING = "Chromium is missing. To get it on Debian: sudo apt-get install chromium"
_OPTIONS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
#: Milliseconds for one step, more than a busy machine needs.
_TIMEOUT = 30_000


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser; without it the tests are skipped, but fail in CI."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        stop = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        stop(_CHROMIUM_IS_MISSING)
    # Chromium refuses its sandbox to root, and only to root.
    arguments = [*_OPTIONS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=arguments,
            ignore_default_args=["--disable-back-forward-cache"],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def mailserver() -> Iterator[Mailserver]:
    """The mail server to which the site delivers."""
    with a_mailserver() as server:
        yield server


@pytest.fixture
def inbox(mailserver: Mailserver) -> Inbox:
    """The delivered emails."""
    return Inbox(mailserver)


@pytest.fixture(scope="session")
def server(
    chromium: Browser,
    mailserver: Mailserver,
    tmp_path_factory: pytest.TempPathFactory,
    migrate: Callable[[str], None],
) -> Iterator[Server]:
    """The site with production.ini, except that it also answers to localhost.

    Browsers trust localhost like https, so the cookies are those of https.
    """
    folder = tmp_path_factory.mktemp("browser")
    url = f"sqlite:///{folder}/authsite.sqlite"
    migrate(url)
    # All users have the same IP address.
    settings = FOR_LOAD | {
        "AUTHSITE_DEV": "true",
        "AUTHSITE_SITE_URL": "https://localhost",
        "AUTHSITE_THROTTLE_SIGN_IN_ACCOUNT": "10/5m..1h",
        "AUTHSITE_MAIL_PORT": str(mailserver.port),
    }
    # Some tests cause these errors; in other tests the page would fail.
    with Server(folder, url, settings=settings, may_log=("sys_crash", "sys_database")) as server:
        yield server


@pytest.fixture(scope="session")
def engine(server: Server) -> Iterator[Engine]:
    """An engine for the database of the server."""
    engine = create_engine(f"sqlite:///{server.log.parent}/authsite.sqlite")
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def origin(server: Server) -> str:
    """The origin of the site."""
    return f"http://localhost:{server.port}"


@pytest.fixture
def new_page(chromium: Browser, origin: str) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a window of another user, with its own profile."""
    contexts = []

    def open_page(*, javascript: bool = False, **options: object) -> Page:
        context = chromium.new_context(
            base_url=origin, java_script_enabled=javascript, color_scheme="light", **options
        )
        context.set_default_timeout(_TIMEOUT)
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A window without JavaScript."""
    return new_page()


@pytest.fixture
def person() -> Person:
    """A person without an account."""
    return Person()


@pytest.fixture
def member(page: Page, person: Person) -> Person:
    """A person who has signed up in `page`, which shows the dashboard."""
    sign_up(page, person)
    return person
