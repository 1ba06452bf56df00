"""The site needs no privileges beyond those that the docs grant."""

import re

import psycopg
import pytest
import sqlalchemy as sa

from authsite.services import services_of
from tests.conftest import ROOT
from tests.shell import run
from tests.site.conftest import full_visit


@pytest.fixture
def url_of_role(database_url, services):
    """The URL of a role with the privileges of docs/production.md only."""
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
def test_site_runs_with_the_documented_privileges(url_of_role, new_application, visit, monkeypatch):
    application = new_application(**{"sqlalchemy.url": url_of_role})
    full_visit(visit(application))
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
