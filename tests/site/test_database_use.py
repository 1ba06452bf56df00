"""Pages use few database statements."""

import pytest
import sqlalchemy as sa

from authsite.services import services_of

pytestmark = pytest.mark.one_database

#: The maximum of statements for each page of a signed-in user.
MAX_STATEMENTS = {
    "/": 1,
    "/dashboard": 1,
    "/account": 3,
    "/account/sessions": 3,
    "/account/history": 2,
    "/account/password": 1,
}
#: Pages for anonymous visitors.
ANONYMOUS_PAGES = ("/", "/sign-in", "/sign-up", "/forgot-password", "/nothing", "/dashboard")


@pytest.fixture
def watched(new_application):
    """The site, and the statements that it has sent to SQLite."""
    application, statements = new_application(), []
    database = services_of(application.registry).database

    def watch(connection, _record):
        connection.set_trace_callback(statements.append)

    for engine in (database.engine, database.read_engine):
        sa.event.listen(engine, "connect", watch)
    return application, statements


def test_anonymous_visitors_need_no_database(watched, visit):
    application, statements = watched
    for path in ANONYMOUS_PAGES:
        visit(application).get(path, expect_errors=True)
    assert statements == []


def test_pages_of_users_need_few_statements_and_no_lock(watched, visit, verify):
    application, statements = watched
    browser = visit(application)
    browser.sign_up()
    verify()
    counts = {}
    for path in MAX_STATEMENTS:
        browser.get(path, status=200)
        statements.clear()
        browser.get(path, status=200)
        assert not any("IMMEDIATE" in each or "UPDATE" in each for each in statements), path
        counts[path] = sum(each.startswith("SELECT") for each in statements)
    assert counts["/dashboard"] > 0
    assert [path for path, count in counts.items() if count > MAX_STATEMENTS[path]] == [], counts
