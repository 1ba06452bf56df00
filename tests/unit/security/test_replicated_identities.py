"""Pages take the identity from the read replica, and everything else from the primary."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from webtest import TestApp

import authsite
from authsite.clock import utc_now
from authsite.models import User, UserSession
from authsite.services import services_of
from tests.browsers import PASSWORD, Browser
from tests.functional.cookies import SESSION, plant
from tests.unit.replicas import Copy

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

#: Pages of users and of visitors. None of them asks for the password.
PAGES = (
    "/",
    "/dashboard",
    "/account",
    "/account/sessions",
    "/account/history",
    "/account/password",
    "/account/close",
    "/confirm-password",
    "/verify-email",
    "/sign-in",
    "/sign-out",
    "/sign-up",
)


@pytest.fixture(scope="module")
def copy(postgresql, migrate):
    """A migrated database that stands for the replica."""
    url = postgresql.new_database()
    migrate(url)
    return Copy(postgresql, url)


@pytest.fixture(scope="module")
def replicated_app(copy, migrated_database, settings_of_tests):
    """The application with that replica, which may be an hour behind."""
    settings = {
        "sqlalchemy.url": migrated_database("postgresql"),
        "authsite.database.read_url": copy.url,
        "authsite.database.read_max_lag": "1h",
    }
    application = authsite.main({}, **settings_of_tests | settings)
    yield application
    services_of(application.registry).dispose()


@pytest.fixture
def replica(replicated_app, services):
    """The replica as the application sees it, not yet current."""
    replica = services_of(replicated_app.registry).replica
    replica.set_aside(TimeoutError())
    return replica


@pytest.fixture
def replicate(copy, services, replica):
    """Return a function that copies all rows, after which the replica is current."""

    def run():
        copy.replicate(services.database.engine)
        replica.look()

    return run


@pytest.fixture
def new_tab(replicated_app, replica):
    """Return a function for a browser of that application, with another one's session."""

    def open_tab(of=None):
        tab = Browser(TestApp(replicated_app))
        if of is not None:
            plant(tab, SESSION, of.cookie)
        return tab

    return open_tab


@pytest.fixture
def ada(new_tab, copy, replicate):
    """A browser of Ada, who is Augusta on the replica."""
    browser = new_tab()
    browser.sign_up()
    browser.get("/dashboard")  # with its flash message, if any
    replicate()
    copy.run("UPDATE authsite_user SET first_name = 'Augusta'")
    return browser


def on_replica(browser, path="/dashboard"):
    """Whether the page shows the name that the user has on the replica."""
    return "Augusta" in browser.get(path, status=200)


def end_session(services):
    with services.database.write_engine.begin() as connection:
        connection.execute(sa.delete(UserSession))


def update(services, table, **values):
    with services.database.write_engine.begin() as connection:
        connection.execute(sa.update(table).values(**values))


def test_page_takes_the_identity_from_a_current_replica(ada, replica):
    assert on_replica(ada)
    assert ada.app.head("/dashboard").status_int == 200
    replica.set_aside(TimeoutError())
    assert not on_replica(ada)


def test_ended_session_loads_pages_within_the_bound(ada, replica, services):
    end_session(services)
    for path in PAGES:
        assert ada.get(path).status_int in {200, 303}, path
    assert on_replica(ada)
    replica.set_aside(TimeoutError())
    assert not ada.is_signed_in


@pytest.mark.parametrize("path", ["/account/email", "/account/export"])
def test_ended_session_opens_no_page_that_needs_the_password(ada, services, path):
    """Although it was entered a moment ago."""
    assert ada.get(path).status_int == 200
    end_session(services)
    assert "/sign-in" in ada.get(path, status=303).location


def test_ended_session_sends_no_form(ada, services, new_tab):
    page = ada.get("/account")
    end_session(services)
    ada.submit(page, {"first_name": "Eve"})
    with services.database.read_engine.connect() as connection:
        assert connection.execute(sa.select(User.first_name)).scalars().all() == ["Ada"]


def test_ended_session_is_unknown_behind_an_email_link(ada, services, mailbox):
    link = mailbox.latest("verify_email", "ada@example.com").path_to("verify-email")
    assert "Verify email</button>" in ada.get(link, status=200)
    end_session(services)
    assert "Verify and sign in</button>" in ada.get(link, status=200)


def test_session_that_is_too_new_for_the_replica_is_signed_in(replicate, new_tab):
    replicate()
    browser = new_tab()
    browser.sign_up()
    assert browser.is_signed_in


def test_rotated_secret_is_signed_in(ada, new_tab, replicate):
    """The new one is not on the replica yet, and later the previous one is not current there."""
    tab = new_tab(ada)
    ada.submit(ada.get("/confirm-password"), {"current_password": PASSWORD})
    assert ada.cookie != tab.cookie
    assert ada.is_signed_in
    replicate()
    assert tab.is_signed_in
    assert "/confirm-password" in tab.get("/account/email", status=303).location


def test_administrator_is_always_asked_for_at_the_primary(ada, services, copy):
    copy.run("UPDATE authsite_user SET is_administrator = true")
    assert not on_replica(ada)
    assert ada.get("/admin", expect_errors=True).status_int == 403


def test_page_shows_what_its_user_has_just_changed(ada):
    answer = ada.submit(ada.get("/account"), {"first_name": "Countess"})
    assert "Countess" in answer.follow()
    assert on_replica(ada)


def test_session_is_refreshed_on_the_primary(ada, services, replicate):
    long_ago = utc_now() - timedelta(days=1)
    update(services, UserSession, last_seen_at=long_ago)
    replicate()
    ada.get("/dashboard", status=200)
    with services.database.read_engine.connect() as connection:
        assert connection.execute(sa.select(UserSession.last_seen_at)).scalar_one() > long_ago


def test_pages_load_while_the_replica_is_away(ada, replica, copy, caplog):
    with copy.away():
        assert not on_replica(ada)
        assert not replica.is_current
    assert "sys_replica_unavailable" in caplog.text


def test_forked_process_opens_connections_to_both(ada, replicated_app):
    services = services_of(replicated_app.registry)
    services.dispose()
    services.forget_connections()
    assert on_replica(ada)


def test_replica_is_compared_in_the_background(replicated_app, replica):
    assert replica in services_of(replicated_app.registry).workers
