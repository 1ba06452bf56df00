"""Fixtures of the functional tests: sites with other settings, and time that passes."""

import sys
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from pyramid.config import Configurator
from webtest import TestApp

import authsite
from authsite.clock import utc_now
from authsite.models import (
    AccountNote,
    AnsweredForm,
    AuditEvent,
    EmailLink,
    OutboxMessage,
    PendingSignIn,
    Throttle,
    User,
    UserSession,
)
from authsite.purging.targets import purge, purge_targets
from authsite.services import Services, services_of
from tests.browsers import Browser
from tests.functional.protected_pages import add_protected_pages


@pytest.fixture
def new_site(
    database_url: str, settings_of_tests: dict[str, str], services: Services
) -> Iterator[Callable[..., tuple[Services, Browser]]]:
    """Build the site again, on the same database, with other settings; return it and a browser."""
    made = []

    def build(settings: dict[str, str], **environ: str) -> tuple[Services, Browser]:
        everything = settings_of_tests | {"sqlalchemy.url": database_url} | settings
        application = authsite.main({}, **everything)
        made.append(services_of(application.registry))
        return made[-1], Browser(TestApp(application, extra_environ=environ))

    yield build
    for each in made:
        each.dispose()


#: Every column with a point in time, by the key of its row.
_MOMENTS = (
    (
        UserSession.id,
        ("created_at", "last_seen_at", "authenticated_at", "rotated_at", "expires_at"),
    ),
    (EmailLink.digest, ("created_at", "expires_at")),
    (PendingSignIn.id, ("created_at", "expires_at")),
    (AnsweredForm.digest, ("expires_at",)),
    (OutboxMessage.id, ("send_at", "next_attempt_at", "delivered_at", "purge_after")),
    (
        User.id,
        (
            "created_at",
            "email_verified_at",
            "delete_after",
            "suspended_at",
            "devices_valid_since",
            "unlocked_at",
        ),
    ),
    (AuditEvent.id, ("occurred_at",)),
    (AccountNote.id, ("created_at",)),
)


@pytest.fixture
def let_time_pass(services: Services) -> Callable[[timedelta], None]:
    """Let time pass, by moving all stored times into the past."""

    def age(by: timedelta) -> None:
        with services.database.read_engine.connect() as connection:
            for key, moments in _MOMENTS:
                table = key.class_.__table__
                for row in connection.execute(sa.select(table)).mappings().all():
                    earlier = {name: row[name] - by for name in moments if row[name]}
                    this = table.c[key.key] == row[key.key]
                    connection.execute(sa.update(table).where(this).values(earlier))
            counts = (Throttle.window_started_at, Throttle.blocked_until, Throttle.expires_at)
            earlier = {each: each - by // timedelta(milliseconds=1) for each in counts}
            connection.execute(sa.update(Throttle).values(earlier))

    return age


@pytest.fixture(scope="module")
def new_protected_app(
    database_url: str, settings_of_tests: dict[str, str]
) -> Iterator[Callable[..., object]]:
    """Build a host application with protected pages, on the same database."""
    made = []

    def build(**settings: str) -> object:
        everything = settings_of_tests | {"sqlalchemy.url": database_url} | settings
        with Configurator(settings=everything) as config:
            config.include("authsite.application.standalone")
            add_protected_pages(config)
            made.append(config.make_wsgi_app())
        return made[-1]

    yield build
    for each in made:
        services_of(each.registry).dispose()


@pytest.fixture(scope="module")
def protected_app(new_protected_app: Callable[..., object]) -> object:
    """The application with protected pages, with the settings of the tests."""
    return new_protected_app()


@pytest.fixture
def visitor(protected_app: object, services: Services) -> Browser:
    """A browser of that application; `services` deletes its rows after the test."""
    return Browser(TestApp(protected_app))


@pytest.fixture
def purge_everything(services: Services) -> Callable[[], None]:
    """Purge everything that has expired."""

    def purge_all() -> None:
        for target in purge_targets(timedelta(days=30)):
            list(purge(services.database, target, now=utc_now()))

    return purge_all


@pytest.fixture(scope="session", autouse=True)
def _sessions_start_in_one_place() -> Iterator[None]:
    """Assert that every request creates sessions by `complete_sign_in` only."""

    def check(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith("INSERT INTO authsite_session"):
            return
        frame, calls = sys._getframe(), set()
        while frame:
            calls.add((frame.f_globals["__name__"], frame.f_code.co_name))
            frame = frame.f_back
        is_request = ("pyramid.router", "invoke_request") in calls
        assert not is_request or ("authsite.web.authentication", "complete_sign_in") in calls

    sa.event.listen(sa.Engine, "before_cursor_execute", check)
    yield
    sa.event.remove(sa.Engine, "before_cursor_execute", check)
