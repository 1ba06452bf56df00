"""A real browser before a real server: one of each for all tests, a fresh profile for each person.

Every person's browser keeps its own cookies and, unlike Playwright's default, its back/forward
cache, so that "back" does what it does for people.
"""

import os
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy.engine import Engine, create_engine

from tests.browser.inbox import Inbox
from tests.browser.people import Person, sign_up
from tests.processes.servers import FOR_CROWDS, Server
from tests.smtp import Mailserver, a_mailserver

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_HOW_TO_GET_IT = "Chromium is missing. To get it on Debian: sudo apt-get install chromium"
_QUIETLY = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
#: Milliseconds for one step of a person; far beyond what a busy machine needs.
_PATIENCE = 30_000


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser; without one the tests are skipped, but for CI, where it must be there."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        give_up = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        give_up(_HOW_TO_GET_IT)
    # Chromium refuses its sandbox to root, and only to root.
    arguments = [*_QUIETLY, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
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
    """A mail server on this machine, to which the site delivers."""
    with a_mailserver() as server:
        yield server


@pytest.fixture
def inbox(mailserver: Mailserver) -> Inbox:
    """What has been delivered."""
    return Inbox(mailserver)


@pytest.fixture(scope="session")
def server(
    chromium: Browser,
    mailserver: Mailserver,
    tmp_path_factory: pytest.TempPathFactory,
    migrate: Callable[[str], None],
) -> Iterator[Server]:
    """The site as production.ini runs it, but that it answers to localhost too.

    Browsers trust localhost as they trust https, so that the cookies are those of https.
    """
    folder = tmp_path_factory.mktemp("browser")
    url = f"sqlite:///{folder}/authsite.sqlite"
    migrate(url)
    # Everybody here is somebody else, at the same address.
    settings = FOR_CROWDS | {
        "AUTHSITE_DEV": "true",
        "AUTHSITE_THROTTLE_SIGN_IN_ACCOUNT": "10/5m..1h",
        "AUTHSITE_MAIL_PORT": str(mailserver.port),
    }
    # The tests that look at these errors make them; all others would see the page.
    with Server(folder, url, settings=settings, may_log=("sys_crash", "sys_database")) as server:
        yield server


@pytest.fixture(scope="session")
def engine(server: Server) -> Iterator[Engine]:
    """A way to look into the database behind the server's back."""
    engine = create_engine(f"sqlite:///{server.log.parent}/authsite.sqlite")
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def origin(server: Server) -> str:
    """Where the browser finds the site."""
    return f"http://localhost:{server.port}"


@pytest.fixture
def new_page(chromium: Browser, origin: str) -> Iterator[Callable[..., Page]]:
    """Open a window of somebody else's; two of them in one test are two people."""
    contexts = []

    def open_page(*, javascript: bool = False, **options: object) -> Page:
        context = chromium.new_context(
            base_url=origin, java_script_enabled=javascript, color_scheme="light", **options
        )
        context.set_default_timeout(_PATIENCE)
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """The window of a person who has switched JavaScript off."""
    return new_page()


@pytest.fixture
def person() -> Person:
    """Somebody whom the site does not know yet."""
    return Person()


@pytest.fixture
def member(page: Page, person: Person) -> Person:
    """Somebody who has just signed up in `page`, and is on the dashboard."""
    sign_up(page, person)
    return person
