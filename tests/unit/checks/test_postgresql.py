"""Whether PostgreSQL is set up as the site needs it."""

import psycopg
import pytest
import sqlalchemy as sa

from tests.unit.checks.doors import a_door_to
from tests.unit.checks.saying import is_doubtful, is_fine, is_wrong, looked_at

CHECKS = ["text and isolation", "connections", "database tls", "rights"]


@pytest.fixture
def url(postgresql, migrate):
    """The URL of a database of the test's own, at the head."""
    url = postgresql.new_database()
    migrate(url)
    return url


@pytest.fixture
def on(a_setup):
    """Make a setup on the database of a URL."""
    return lambda url, **app: a_setup(app={"sqlalchemy.url": str(url)} | app)


def run(url, *statements):
    """Run statements as the owner of the server."""
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def named(url, **parts):
    """Return the URL with another part."""
    return sa.make_url(url).set(**parts).render_as_string(hide_password=False)


@pytest.mark.parametrize("check", CHECKS)
def test_of_sqlite_nothing_is_said(a_setup, check):
    assert looked_at(a_setup(), check) == []


def test_utf8_and_read_committed_are_fine(on, url):
    assert "UTF8" in is_fine(on(url), "text and isolation")


def test_another_encoding_is_wrong(on, url):
    name = f"{sa.make_url(url).database}_ascii"
    run(url, f"CREATE DATABASE {name} ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0")
    setup = on(named(url, database=name))
    assert "keeps text in SQL_ASCII" in is_wrong(setup, "text and isolation")


def test_another_isolation_is_doubtful(on, url):
    name = sa.make_url(url).database
    run(url, f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'")
    assert "are serializable by default" in is_doubtful(on(url), "text and isolation")


@pytest.fixture
def role(url):
    """A role that may do nothing yet; gone after the test."""
    run(url, "CREATE ROLE plain LOGIN")
    yield "plain"
    run(url, "DROP OWNED BY plain", "DROP ROLE plain")


def test_a_superuser_is_more_than_the_site_needs(on, url):
    assert "is a superuser" in is_doubtful(on(url), "rights")


def test_a_role_that_may_do_what_the_site_does_is_fine(on, url, role):
    run(url, f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}")
    assert "may read and write" in is_fine(on(named(url, username=role)), "rights")


def test_a_role_that_lacks_a_right_is_wrong(on, url, role):
    run(
        url,
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
        f"REVOKE DELETE ON authsite_user FROM {role}",
        f"REVOKE INSERT ON throttle FROM {role}",
    )
    said = is_wrong(on(named(url, username=role)), "rights")
    assert said == "the site may not INSERT throttle; DELETE user"


def test_as_many_connections_as_servers_want_are_fine(on, url):
    said = is_fine(on(url), "connections")
    assert said.startswith("1 process here may want 32 connections, and there are ")


def test_too_few_connections_are_doubtful(a_setup, url):
    changed = {"sqlalchemy.url": url, "authsite.database.pool_size": "100"}
    setup = a_setup(app=changed, more={"server:second": {"use": "main"}})
    assert "2 processes here may want 400" in is_doubtful(setup, "connections")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_on_this_machine_nothing_needs_tls(on, url, host):
    with a_door_to(url) as port:
        setup = on(elsewhere(url, port).replace("db.example.com", host))
        assert is_fine(setup, "database tls") == "it is on this machine"


def test_a_socket_of_this_machine_needs_none(on, url):
    assert is_fine(on(url), "database tls") == "it is on this machine"


def test_the_environment_of_the_driver_counts_too(on, url, monkeypatch):
    name = sa.make_url(url).database
    with a_door_to(url) as port:
        for variable, value in {
            "PGHOST": "db.example.com",
            "PGHOSTADDR": "127.0.0.1",
            "PGPORT": str(port),
        }.items():
            monkeypatch.setenv(variable, value)
        assert "db.example.com" in is_wrong(on(f"postgresql://postgres@/{name}"), "database tls")


def elsewhere(url, port, **query):
    """Return the URL of a machine of another name, which is behind this port."""
    at = {"hostaddr": "127.0.0.1", "port": str(port)} | query
    return sa.URL.create(
        "postgresql",
        username="postgres",
        host="db.example.com",
        database=sa.make_url(url).database,
        query=at,
    ).render_as_string(hide_password=False)


def test_what_goes_to_another_machine_in_the_clear_is_wrong(on, url):
    with a_door_to(url) as port:
        said = is_wrong(on(elsewhere(url, port)), "database tls")
    assert said == "what is sent to db.example.com and back can be read on its way"


def test_what_goes_to_a_machine_that_has_not_shown_who_it_is_is_doubtful(on, url, certificates):
    with a_door_to(url, tls=certificates.server_of("other.example.com")) as port:
        said = is_doubtful(on(elsewhere(url, port, sslmode="require")), "database tls")
    assert "is encrypted, whoever that is" in said


def test_what_goes_to_a_machine_that_has_is_fine(on, url, certificates):
    query = {"sslmode": "verify-full", "sslrootcert": str(certificates.file)}
    with a_door_to(url, tls=certificates.server_of("db.example.com")) as port:
        said = is_fine(on(elsewhere(url, port, **query)), "database tls")
    assert "has shown who it is" in said
    with a_door_to(url, tls=certificates.server_of("other.example.com")) as port:
        assert "no connection" in is_wrong(on(elsewhere(url, port, **query)), "database")
