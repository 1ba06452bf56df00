"""How little the pages ask of the database, as the database sees it."""

import pytest
import sqlalchemy as sa

from authsite.services import services_of

pytestmark = pytest.mark.one_database

#: Of a person who is signed in: the most statements that each page may need.
MOST = {
    "/": 1,
    "/dashboard": 1,
    "/account": 3,
    "/account/sessions": 3,
    "/account/history": 2,
    "/account/password": 1,
}
#: What visitors see who are not signed in.
OPEN_PAGES = ("/", "/sign-in", "/sign-up", "/forgot-password", "/nothing", "/dashboard")


@pytest.fixture
def watched(new_application):
    """The site, and all statements that SQLite has been sent since its start."""
    application, statements = new_application(), []
    database = services_of(application.registry).database

    def watch(connection, _record):
        connection.set_trace_callback(statements.append)

    for engine in (database.engine, database.read_engine):
        sa.event.listen(engine, "connect", watch)
    return application, statements


def test_anonymous_visitors_need_no_database(watched, visit):
    application, statements = watched
    for path in OPEN_PAGES:
        visit(application).get(path, expect_errors=True)
    assert statements == []


def test_pages_of_users_need_few_statements_and_no_lock(watched, visit, verify):
    application, statements = watched
    browser = visit(application)
    browser.sign_up()
    verify()
    counts = {}
    for path in MOST:
        browser.get(path, status=200)
        statements.clear()
        browser.get(path, status=200)
        assert not any("IMMEDIATE" in each or "UPDATE" in each for each in statements), path
        counts[path] = sum(each.startswith("SELECT") for each in statements)
    assert counts["/dashboard"] > 0
    assert [path for path, count in counts.items() if count > MOST[path]] == [], counts
