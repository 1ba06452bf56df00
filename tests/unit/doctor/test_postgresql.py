"""The checks of PostgreSQL."""

import psycopg
import pytest
import sqlalchemy as sa

from tests.processes.servers import until
from tests.unit.doctor.findings import fails, passes, warns
from tests.unit.doctor.tcp_proxy import a_tcp_proxy_to
from tests.unit.replicas import Copy


@pytest.fixture
def url(postgresql, migrate):
    """The URL of a database of the test's own, at the head."""
    url = postgresql.new_database()
    migrate(url)
    return url


@pytest.fixture
def on(a_subject):
    """Return a site on the database of a URL."""
    return lambda url, **app: a_subject(app={"sqlalchemy.url": str(url)} | app)


def run(url, *statements):
    """Run statements as the owner of the server."""
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def named(url, **parts):
    """Return the URL with another part."""
    return sa.make_url(url).set(**parts).render_as_string(hide_password=False)


def test_text_and_isolation_pass(on, url):
    assert "UTF8" in passes(on(url), "text and isolation")


def test_text_rejects_another_encoding(on, url):
    name = f"{sa.make_url(url).database}_ascii"
    run(url, f"CREATE DATABASE {name} ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0")
    subject = on(named(url, database=name))
    assert "SQL_ASCII" in fails(subject, "text and isolation")


def test_isolation_warns_of_another_level(on, url):
    name = sa.make_url(url).database
    run(url, f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'")
    assert "serializable" in warns(on(url), "text and isolation")


@pytest.fixture
def role(url):
    """A role without rights, dropped after the test."""
    run(url, "CREATE ROLE plain LOGIN")
    yield "plain"
    run(url, "DROP OWNED BY plain", "DROP ROLE plain")


def test_rights_warn_of_a_superuser(on, url):
    assert "superuser" in warns(on(url), "rights")


def test_rights_accept_what_the_site_needs(on, url, role):
    run(url, f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}")
    passes(on(named(url, username=role)), "rights")


def test_rights_name_what_is_missing(on, url, role):
    run(
        url,
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
        f"REVOKE DELETE ON authsite_user FROM {role}",
        f"REVOKE INSERT ON authsite_throttle FROM {role}",
    )
    message = fails(on(named(url, username=role)), "rights")
    assert message.endswith(": INSERT on authsite_throttle; DELETE on authsite_user.")


@pytest.mark.parametrize("query", [{}, {"host": "/run/postgresql"}])
def test_single_host_passes(on, query):
    url = sa.URL.create("postgresql", host="db", query=query)
    assert "one host" in passes(on(url.render_as_string()), "hosts")


@pytest.mark.parametrize("attribute", ["read-write", "primary"])
def test_several_hosts_with_a_primary_pass(on, attribute):
    url = f"postgresql://one,two/site?target_session_attrs={attribute}"
    assert "chooses one" in passes(on(url), "hosts")


@pytest.mark.parametrize("query", ["", "?target_session_attrs=any"])
def test_several_hosts_that_may_be_standbys_are_a_warning(on, query):
    assert "accepts no writes" in warns(on(f"postgresql://one,two/site{query}"), "hosts")


def test_connections_accept_a_large_server(on, url):
    assert "here: 1; connections they may open: 32 of " in passes(on(url), "connections")


def test_connections_warn_of_a_small_server(a_subject, url):
    changed = {"sqlalchemy.url": url, "authsite.database.pool_size": "100"}
    subject = a_subject(app=changed, more={"server:second": {"use": "main"}})
    assert "here: 2; connections they may open: 400 of" in warns(subject, "connections")


def test_connections_to_a_pooler_are_counted_by_it(on, url):
    subject = on(url, **{"authsite.database.pooler": "transaction"})
    assert "the pooler must accept 32 connections" in passes(subject, "connections")


@pytest.mark.parametrize(
    ("statement", "whose"),
    [
        ("ALTER ROLE plain CONNECTION LIMIT 20", "the role plain"),
        ("ALTER DATABASE {} CONNECTION LIMIT 20", "the database {}"),
    ],
)
def test_connections_are_limited_by_role_and_database(on, url, role, statement, whose):
    """Except those of a superuser's role."""
    name = sa.make_url(url).database
    run(url, statement.format(name), "ALTER ROLE postgres CONNECTION LIMIT 3")
    message = warns(on(named(url, username=role)), "connections")
    assert message.endswith(f"may open: 32 of 20, the limit of {whose.format(name)}.")
    run(url, "ALTER ROLE postgres CONNECTION LIMIT -1")


@pytest.fixture
def _fsync(url):
    """Let the server of the tests write to its disk during a test."""
    set_fsync(url, "on")
    yield
    set_fsync(url, "off")


def set_fsync(url, to):
    """Change the setting of the server, and wait until it holds."""
    run(url, f"ALTER SYSTEM SET fsync = {to}", "SELECT pg_reload_conf()")
    until(lambda: value(url, "SHOW fsync") == to, "fsync")


def value(url, statement):
    """Return the value that a statement selects."""
    with psycopg.connect(url) as connection:
        return connection.execute(statement).fetchone()[0]


@pytest.mark.usefixtures("_fsync")
def test_durability_passes(on, url):
    passes(on(url), "durability")


@pytest.mark.usefixtures("_fsync")
def test_durability_warns_of_commits_that_do_not_wait(on, url, role):
    """Set for the role of the site, or in the URL."""
    run(url, f"ALTER ROLE {role} SET synchronous_commit = off")
    here = f"{url}&options=-c%20synchronous_commit%3Doff"
    for subject in (on(named(url, username=role)), on(here)):
        assert warns(subject, "durability").endswith(": synchronous_commit = off.")


def test_durability_warns_of_a_server_that_does_not_write(on, url):
    assert warns(on(url), "durability").endswith(": fsync = off.")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_tls_is_not_needed_on_this_machine(on, url, host):
    with a_tcp_proxy_to(url) as port:
        subject = on(elsewhere(url, port).replace("db.example.com", host))
        assert "this machine" in passes(subject, "database tls")


def test_tls_is_not_needed_on_a_socket(on, url):
    assert "this machine" in passes(on(url), "database tls")


def test_tls_follows_the_environment_of_the_driver(on, url, monkeypatch):
    name = sa.make_url(url).database
    with a_tcp_proxy_to(url) as port:
        for variable, value in {
            "PGHOST": "db.example.com",
            "PGHOSTADDR": "127.0.0.1",
            "PGPORT": str(port),
        }.items():
            monkeypatch.setenv(variable, value)
        assert "db.example.com" in fails(on(f"postgresql://postgres@/{name}"), "database tls")


def elsewhere(url, port, **query):
    """Return the URL of a machine with another name, behind this port."""
    at = {"hostaddr": "127.0.0.1", "port": str(port)} | query
    return sa.URL.create(
        "postgresql",
        username="postgres",
        host="db.example.com",
        database=sa.make_url(url).database,
        query=at,
    ).render_as_string(hide_password=False)


def test_tls_is_required_to_another_machine(on, url):
    with a_tcp_proxy_to(url) as port:
        message = fails(on(elsewhere(url, port)), "database tls")
    assert message == "The connection to db.example.com is not encrypted."


def test_tls_without_verification_is_a_warning(on, url, certificates):
    with a_tcp_proxy_to(url, tls=certificates.server_of("other.example.com")) as port:
        message = warns(on(elsewhere(url, port, sslmode="require")), "database tls")
    assert "not verified" in message


def test_tls_with_verification_passes(on, url, certificates):
    query = {"sslmode": "verify-full", "sslrootcert": str(certificates.file)}
    with a_tcp_proxy_to(url, tls=certificates.server_of("db.example.com")) as port:
        passes(on(elsewhere(url, port, **query)), "database tls")
    with a_tcp_proxy_to(url, tls=certificates.server_of("other.example.com")) as port:
        assert "No connection" in fails(on(elsewhere(url, port, **query)), "database")


def test_writes_pass(on, url):
    passes(on(url), "writes")


def test_writes_reject_a_standby(on, url):
    """A function of the same name stands for one."""
    run(url, "CREATE FUNCTION pg_is_in_recovery() RETURNS boolean LANGUAGE sql RETURN true")
    subject = on(f"{url}&options=-c%20search_path%3Dpublic%2Cpg_catalog")
    assert "standby" in fails(subject, "writes")


@pytest.mark.parametrize(
    ("setting", "message"),
    [("default_transaction_read_only = on", "only read"), ("temp_file_limit = 0", "disk")],
)
def test_writes_reject_sessions_that_cannot_write(on, url, setting, message):
    run(url, f"ALTER DATABASE {sa.make_url(url).database} SET {setting}")
    assert message in fails(on(url), "writes")


@pytest.fixture
def copy(postgresql):
    """A database that says that it is a standby."""
    return Copy(postgresql, postgresql.new_database())


def with_replica(url, **app):
    return {"authsite.database.read_url": url, "authsite.database.read_max_lag": "1s"} | app


def test_read_replica_is_optional(on, url):
    assert passes(on(url), "read replica") == "There is no read replica."


def test_read_replica_passes(on, url, copy):
    assert "caught up" in passes(on(url, **with_replica(copy.url)), "read replica")


def test_read_replica_too_far_behind_is_a_warning(on, url, copy):
    copy.replay("0/1")
    assert "behind the primary" in warns(on(url, **with_replica(copy.url)), "read replica")


def test_primary_is_no_read_replica(on, url):
    assert "no standby" in warns(on(url, **with_replica(url)), "read replica")


def test_read_replica_that_is_away_fails(on, url, copy):
    with copy.away():
        message = fails(on(url, **with_replica(copy.url)), "read replica")
    assert "not currently accepting connections" in message
