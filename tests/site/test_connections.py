"""Whom the site speaks to: its database, with no more rights than it needs, and nobody else."""

import re
import socket

import psycopg
import pytest
import sqlalchemy as sa

from authsite.services import services_of
from tests.browsers import PASSWORD
from tests.shell import run
from tests.site.requirements_table import ROOT


def a_whole_visit(browser):
    """Do all that can be done: sign up, look around, change a name, sign out, sign in."""
    assert browser.sign_up().location == "http://localhost/dashboard"
    for path in ("/", "/dashboard", "/sign-out"):
        browser.get(path, status=200)
    assert browser.submit(browser.get("/account"), {"first_name": "Augusta"}).status_int == 303
    assert browser.sign_out().status_int == 303
    assert browser.sign_in(password=f"{PASSWORD}x").status_int == 422
    assert browser.sign_in().status_int == 303


# The driver of PostgreSQL connects in C, where this does not look.
@pytest.mark.asvs("13.1.1", "13.2.4")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_site_asks_no_other_machine(browser, monkeypatch):
    asked = []

    def refuse(*arguments, **_keywords):
        asked.append(arguments)
        raise ConnectionRefusedError

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    for name in ("getaddrinfo", "gethostbyname", "create_connection"):
        monkeypatch.setattr(socket, name, refuse)
    a_whole_visit(browser)
    assert asked == []
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("192.0.2.1", 80))
    assert asked == [(("192.0.2.1", 80),)]


@pytest.fixture
def url_of_role(database_url, services):
    """The URL for a role that may do what docs/production.md grants, and nothing else."""
    [grant] = re.findall(r"```sql\n(GRANT .*?;)\n```", (ROOT / "docs/production.md").read_text())
    url = sa.make_url(database_url).set(drivername="postgresql").render_as_string(False)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE ROLE authsite LOGIN")
        connection.execute(grant)
        yield sa.make_url(database_url).set(username="authsite").render_as_string(False)
        connection.execute("DROP OWNED BY authsite")
        connection.execute("DROP ROLE authsite")


@pytest.mark.asvs("13.2.2")
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_site_needs_no_right_but_to_read_and_write_rows(
    url_of_role, new_application, visit, monkeypatch
):
    application = new_application(**{"sqlalchemy.url": url_of_role})
    a_whole_visit(visit(application))
    engine = services_of(application.registry).database.engine
    for statement in (
        "CREATE TABLE x (y int)",
        'DROP TABLE authsite_user"',
        "ALTER TABLE authsite_user ADD x int",
    ):
        with pytest.raises(sa.exc.ProgrammingError), engine.begin() as connection:
            connection.exec_driver_sql(statement)
    monkeypatch.setenv("DATABASE_URL", url_of_role)
    assert "0 expired sessions deleted" in run("purge", str(ROOT / "testing.ini")).stdout
