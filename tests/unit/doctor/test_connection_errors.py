"""The fix of a failed connection names its cause; each cause is a real one."""

import socket
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from authsite.doctor.connection_errors import fix_for
from authsite.doctor.finding import Status
from tests.processes.servers import until
from tests.smtp import Certificates
from tests.unit.doctor.findings import findings_of
from tests.unit.doctor.tcp_proxy import a_tcp_proxy_to

#: Lines of pg_hba.conf in front of those of the server, and roles.
RULES = "local all peered peer\nlocal all secret scram-sha-256\nlocal all refused reject\n"
ROLES = {
    "peered": "CREATE ROLE peered LOGIN",
    "secret": "CREATE ROLE secret LOGIN PASSWORD 'the right one'",
    "refused": "CREATE ROLE refused LOGIN",
    "idle": "CREATE ROLE idle",
    "single": "CREATE ROLE single LOGIN CONNECTION LIMIT 0",
}


@pytest.fixture
def url(postgresql):
    """The URL of an empty database."""
    return sa.make_url(postgresql.new_database())


@pytest.fixture
def run(url):
    """Run statements as the owner of the server; return the last value."""

    def execute(*statements):
        with psycopg.connect(
            url.render_as_string(hide_password=False), autocommit=True
        ) as connection:
            found = [connection.execute(each) for each in statements][-1]
            return found.fetchone()[0] if found.description else None

    return execute


@pytest.fixture
def _guarded(run):
    """A server with these roles and rules; both are removed after the test."""
    file = Path(run("SHOW hba_file"))
    before = file.read_text()

    def reload(rules):
        file.write_text(rules)
        loaded = run("SELECT pg_conf_load_time()")
        run("SELECT pg_reload_conf()")
        until(lambda: run("SELECT pg_conf_load_time()") > loaded, "the new rules")

    run(*ROLES.values())
    reload(RULES + before)
    yield
    reload(before)
    run(*(f"DROP ROLE {name}" for name in ROLES))


@pytest.fixture
def fix_on(a_subject):
    """Return the fix of the failed connection to a URL."""

    def fix(url, **options):
        text = url.render_as_string(hide_password=False)
        [found] = findings_of(a_subject(app={"sqlalchemy.url": text}, **options), "database")
        assert found.status is Status.FAIL
        assert found.message.startswith("No connection: ")
        return found.fix

    return fix


@pytest.mark.usefixtures("_guarded")
@pytest.mark.parametrize(
    ("parts", "fix"),
    [
        ({"username": "unknown"}, "Run `createuser unknown` "),
        ({"username": "peered"}, "Run this as the user peered "),
        ({"username": "secret"}, "Correct the password "),
        ({"username": "secret", "password": "another one"}, "Correct the password "),
        ({"username": "refused"}, "Add a line for this host, role refused and database authsite_"),
        ({"username": "idle"}, "Run ALTER ROLE idle LOGIN."),
        ({"username": "single"}, "End other connections, or raise the limit"),
    ],
)
def test_refused_role_has_a_fix_of_its_own(fix_on, url, parts, fix):
    assert fix_on(url.set(**parts)).startswith(fix)


@pytest.mark.usefixtures("_guarded")
def test_missing_right_to_connect_is_granted(fix_on, url, run):
    run(f"REVOKE CONNECT ON DATABASE {url.database} FROM public", "ALTER ROLE idle LOGIN")
    expected = f"Run GRANT CONNECT ON DATABASE {url.database} TO idle."
    assert fix_on(url.set(username="idle")) == expected


def test_missing_database_is_created(fix_on, url):
    expected = "Run `createdb -O postgres none` on its server"
    assert fix_on(url.set(database="none")).startswith(expected)


def test_wrong_options_are_corrected(fix_on, url):
    wrong = url.update_query_dict({"options": "-c nonsense=1"})
    assert fix_on(wrong) == "Correct `options` in the URL."


def test_host_of_another_kind_has_a_fix_of_its_own(fix_on, url, run):
    def fix(wanted):
        return fix_on(url.update_query_dict({"target_session_attrs": wanted}))

    for wanted in ("read-only", "standby"):
        assert fix(wanted).startswith("Set target_session_attrs=read-write in the URL")
    run(f"ALTER DATABASE {url.database} SET default_transaction_read_only = on")
    assert fix("read-write").startswith("No host accepts writes: ")


def elsewhere(url, port, **query):
    """Return the URL of a machine with another name, behind this port."""
    query = {"hostaddr": "127.0.0.1", "port": str(port)} | query
    return url.set(host="db.example.com", query=query)


def test_missing_tls_has_a_fix_of_its_own(fix_on, url):
    with a_tcp_proxy_to(url.render_as_string()) as port:
        fix = fix_on(elsewhere(url, port, sslmode="require"))
    assert fix.startswith("Switch on ssl in postgresql.conf")


@pytest.mark.parametrize("named", ["db.example.com", "other.example.com"])
def test_untrusted_certificate_has_a_fix_of_its_own(fix_on, url, certificates, tmp_path, named):
    """By another authority, or for another host."""
    by = Certificates(tmp_path) if named == "db.example.com" else certificates
    query = {"sslmode": "verify-full", "sslrootcert": str(certificates.file)}
    with a_tcp_proxy_to(url.render_as_string(), tls=by.server_of(named)) as port:
        assert fix_on(elsewhere(url, port, **query)).startswith("Set sslrootcert in the URL")


def test_unreachable_server_has_a_fix_of_its_own(fix_on, tmp_path):
    at = sa.make_url("postgresql://ada@127.0.0.1:1/site")
    assert "listen_addresses" in fix_on(at)
    assert "folder of its socket" in fix_on(at.set(host=None, query={"host": str(tmp_path)}))
    assert "name server" in fix_on(at.set(host="db.invalid"))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        fix = fix_on(at.set(port=silent.getsockname()[1]), timeout=1.0)
    assert fix.startswith("Check the firewalls")


@pytest.mark.parametrize(
    ("error", "fix"),
    [
        ("FATAL:  unsupported startup parameter: options", "A pooler answers there"),
        ('FATAL:  "trust" authentication failed', "Correct the password in the URL"),
        ("FATAL:  no such database: site", "Add site to [databases] in pgbouncer.ini, and ada"),
        ("server is in hot standby mode", "No host accepts writes: "),
        ("FATAL:  the database system is starting up", "Wait, then check the server's log."),
        ("FATAL:  das kann niemand lesen", "Check db.example.com, and "),
    ],
)
def test_error_of_a_server_has_a_fix(error, fix):
    """As PgBouncer 1.18, a server that starts, and one in another language report it."""
    url = sa.make_url("postgresql://ada@db.example.com/site")
    assert fix_for(f"connection failed: {error}", url).startswith(fix)


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("postgresql://ada@/site?host=one:5432&host=two:5433", "one:5432, two:5433"),
        ("postgresql://ada@/site?host=/run/postgresql", "/run/postgresql"),
        ("postgresql:///site", "its socket"),
    ],
)
def test_fix_names_the_hosts_of_the_url(url, hosts):
    assert fix_for("unknown", sa.make_url(url)).startswith(f"Check {hosts}, and ")
