"""The site behind PgBouncer in transaction mode, as in docs/postgresql.md."""

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from authsite.db.revision import HEAD
from authsite.doctor.checks import CHECKS
from authsite.doctor.examine import examine
from authsite.doctor.finding import Finding
from authsite.doctor.subject import Subject
from tests.browsers import PASSWORD
from tests.postgresql import Cluster
from tests.processes.concurrency import at_once
from tests.processes.pgbouncer import ROOT, PgBouncer
from tests.processes.servers import FOR_LOAD, NO_MAIL, SECRET, SITE_URL, Server
from tests.processes.visitors import Visitor

POOLED = {"AUTHSITE_DATABASE_POOLER": "transaction"}
#: The checks that depend on a pooler.
ABOUT = (
    "ini file",
    "settings",
    "database",
    "hosts",
    "text and isolation",
    "connections",
    "pooler",
    "writes",
    "read replica",
    "database tls",
    "migrations",
    "rights",
    "clock",
)
PAGES = ("/dashboard", "/account", "/account/sessions", "/account/history")
#: Names that are in no other name.
NAMES = ("Ada", "Barbara", "Chien", "Dorothy", "Edith", "Frances", "Grace", "Hedy")

on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
def pgbouncer(database_url: str) -> Iterator[PgBouncer]:
    """PgBouncer with fewer connections than the site has threads at work."""
    with PgBouncer(database_url) as pgbouncer:
        yield pgbouncer


class Member:
    """A user with a name of their own, in one browser."""

    def __init__(self, name: str, *servers: Server) -> None:
        self._name = name
        self._email = f"{name.lower()}@example.com"
        self._visitor = Visitor(*servers)

    def use_the_site(self) -> None:
        """Sign up, use the pages of the account, and sign in again; every page is their own."""
        visitor = self._visitor
        assert visitor.sign_up(self._email).status == 303
        names = {"first_name": self._name, "last_name": "Hopper"}
        assert visitor.send(visitor.get("/account"), names).status == 303
        for path in PAGES * 6:
            self._is_theirs(path)
        assert visitor.sign_out().status == 303
        assert not visitor.is_signed_in
        assert visitor.sign_in(self._email, "the wrong password").status == 422
        assert visitor.sign_in(self._email).status == 303
        change = {"password": f"{PASSWORD} again", "confirm_password": f"{PASSWORD} again"}
        form = visitor.get("/account/password")
        assert visitor.send(form, change | {"current_password": PASSWORD}).status == 303
        for path in PAGES * 6:
            self._is_theirs(path)

    def _is_theirs(self, path: str) -> None:
        page = self._visitor.get(path)
        assert page.status == 200
        assert [name for name in NAMES if f"{name} Hopper" in page.text] == [self._name]


@on_postgresql
def test_simultaneous_users_get_their_own_rows(tmp_path: Path, pgbouncer: PgBouncer) -> None:
    settings = FOR_LOAD | POOLED
    with (
        Server(tmp_path, pgbouncer.url, settings=settings) as one,
        Server(tmp_path, pgbouncer.url, settings=settings) as two,
    ):
        at_once(Member(name, one, two).use_the_site for name in NAMES)


def statuses(database_url: str, **environ: str) -> dict[str, str]:
    """Return what the doctor finds of the database, by check."""
    return {each.check: each.status.value for each in findings(database_url, **environ)}


def findings(database_url: str, **environ: str) -> list[Finding]:
    """Return the findings of the doctor that are about the connection."""
    own = {"AUTHSITE_SECRET": SECRET, "AUTHSITE_SITE_URL": SITE_URL, "DATABASE_URL": database_url}
    subject = Subject(ini=str(ROOT / "production.ini"), environ=NO_MAIL | own | environ)
    return list(examine(subject, checks=[each for each in CHECKS if each.name in ABOUT]))


@on_postgresql
def test_doctor_names_the_settings_for_a_pooler(database_url: str, pgbouncer: PgBouncer) -> None:
    """After doing what it says, it is content."""
    assert statuses(pgbouncer.direct_url)["pooler"] == "ok"
    assert statuses(pgbouncer.direct_url, **POOLED)["pooler"] == "warning"
    found = {each.check: each for each in findings(pgbouncer.url)}
    assert found["database"].status == "ok"
    assert found["pooler"].status == "failed"
    assert "authsite.database.pooler = transaction" in found["pooler"].fix
    [fix] = [each.fix for each in findings(pgbouncer.url, **POOLED) if each.check == "pooler"]
    obey(database_url, fix)
    pgbouncer.stop()
    pgbouncer.start()
    assert set(statuses(pgbouncer.url, **POOLED).values()) == {"ok"}


def obey(database_url: str, fix: str) -> None:
    """Run the statements of a fix as the owner of the database."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        for statement in fix.partition("; then")[0].split("; "):
            connection.execute(statement)


@on_postgresql
def test_requests_through_a_pooler_do_not_wait_longer(
    tmp_path: Path, database_url: str, pgbouncer: PgBouncer
) -> None:
    """Forms have the limits of their transaction, reads those of the role."""
    role = pgbouncer.role
    with psycopg.connect(database_url, autocommit=True) as connection:
        for limit in ("lock_timeout = '1s'", "statement_timeout = '3s'"):
            connection.execute(f"ALTER ROLE {role} SET {limit}")
    pgbouncer.stop()
    pgbouncer.start()
    settings = FOR_LOAD | POOLED | {"AUTHSITE_DATABASE_TIMEOUT": "2s"}
    may_log = ("sys_database_unavailable", "sys_purge: deferred")
    with Server(tmp_path, pgbouncer.url, settings=settings, may_log=may_log) as server:
        visitor = Visitor(server)
        assert visitor.sign_up("ada@example.com").status == 303
        form = visitor.get("/account")
        names = {"first_name": "Augusta", "last_name": "King"}
        for table in ("authsite_user", "authsite_session"):
            with psycopg.connect(database_url) as connection:
                connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
                assert visitor.get("/dashboard").status == 503
                assert visitor.send(form, names).status == 503
        assert visitor.send(form, names).status == 303
        assert "Augusta King" in visitor.get("/dashboard").text


def test_migrations_run_through_a_pooler(
    postgresql: Cluster, migrate: Callable[[str], None]
) -> None:
    """A limit of the role does not end a long one."""
    empty = postgresql.new_database()
    with PgBouncer(empty) as pgbouncer:
        with psycopg.connect(empty, autocommit=True) as connection:
            connection.execute(f"ALTER ROLE {pgbouncer.role} SET statement_timeout = '1ms'")
            connection.execute(f"GRANT CREATE ON SCHEMA public TO {pgbouncer.role}")
        migrate(pgbouncer.url)
        with psycopg.connect(empty) as connection:
            version = connection.execute("SELECT version_num FROM authsite_version").fetchone()
        assert version == (HEAD,)
