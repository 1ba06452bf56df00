"""The commands of docs/troubleshooting.md run as they stand there."""

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, make_url, select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from authsite.models import User
from tests.factories import a_message, a_session
from tests.postgresql import Cluster
from tests.processes.services import with_variable
from tests.processes.test_as_authsite import machine, run  # noqa: F401 - a fixture
from tests.processes.units import ETC, Machine

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "troubleshooting.md").read_text("utf-8")
#: What the page says about a machine that is lost leads to these commands and statements.
[(RESTORE, BEFORE_THE_START)] = re.findall(
    r"^To restore, .*?^```sh\n(.*?)^```.*?^```sql\n(.*?)^```",
    (DOCS / "production.md").read_text("utf-8"),
    re.DOTALL | re.MULTILINE,
)
#: The statuses of commands that find a problem: this machine has no mail server and no proxy.
MAY_FAIL = {"doctor", "deliver"}


def test_commands_of_the_page_run(machine: Machine) -> None:  # noqa: F811
    add_accounts(machine)
    suspend = "authsite user suspend production.ini ada@example.com --reason spam"
    run(machine, *shlex.split(suspend))
    add_session_and_deferred_email(machine.path("/var/lib/authsite/authsite.sqlite"))
    commands = re.findall(r"^as-authsite (authsite .*)$", PAGE, re.MULTILINE)
    assert len(commands) >= 20
    for command in commands:
        words = shlex.split(command)
        run(machine, *words, statuses=(0, 1) if words[1] in MAY_FAIL else (0,))


def add_accounts(machine: Machine) -> None:  # noqa: F811
    """Migrate the database of the machine, and add ada and grace, an administrator."""
    run(machine, *MIGRATE)
    for name, options in (("ada", ()), ("grace", ("--admin",))):
        names = ("--first-name", name, "--last-name", "Example")
        run(machine, *CREATE, "--email", f"{name}@example.com", *names, *options)


MIGRATE = ("authsite", "migrate", "production.ini")
CREATE = ("authsite", "user", "create", "production.ini")


def add_session_and_deferred_email(database: Path) -> None:
    """Add those of ada that the page names by their IDs."""
    engine = create_engine(f"sqlite:///{database}")
    with Session(engine) as dbsession:
        user = dbsession.scalars(
            select(User).where(User.email_normalized == "ada@example.com")
        ).one()
        a_session(dbsession, user, id="ZXlrTW9vTTBJ3S1l")
        to_user = {"user_id": user.id, "recipient": user.email}
        a_message(dbsession, id="bTBJZXlrTW9v3S1l", attempts=1, last_error="full", **to_user)
    engine.dispose()


def test_statements_of_the_page_run(engine: Engine) -> None:
    [deletions] = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
    [sizes] = re.findall(r'^as-authsite psql authsite -c "(.*)"$', PAGE, re.MULTILINE)
    with engine.begin() as connection:
        for statement in deletions.strip().splitlines():
            connection.exec_driver_sql(statement)
        if engine.dialect.name == "postgresql":
            assert len(connection.exec_driver_sql(sizes.replace("%", "%%")).all()) == 5


def test_backup_of_postgresql_restores_a_lost_machine(
    machine: Machine,  # noqa: F811
    postgresql: Cluster,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With the programs of PostgreSQL: pg_dump, pg_restore and psql."""
    url = make_url(postgresql.url)
    monkeypatch.setenv("PATH", f"{postgresql.programs}:{os.environ['PATH']}")
    monkeypatch.setenv("PGHOST", str(url.query["host"]))
    monkeypatch.setenv("PGUSER", str(url.username))
    use_database(machine, postgresql.new_database())
    add_accounts(machine)
    backup = back_up(machine)
    with a_database_named_authsite(postgresql) as new_url:
        [command] = re.findall(r"^as-authsite (pg_restore .*)$", RESTORE, re.MULTILINE)
        run(machine, *shlex.split(command.replace("BACKUP.dump", str(backup))))
        for statement in BEFORE_THE_START.strip().splitlines():
            run(machine, "psql", "authsite", "-c", statement)
        use_database(machine, new_url)
        check_restored(machine)
        [sizes] = re.findall(r"^as-authsite (psql .*)$", PAGE, re.MULTILINE)
        assert "(5 rows)" in run(machine, *shlex.split(sizes))


def test_backup_of_sqlite_restores_a_lost_machine(machine: Machine) -> None:  # noqa: F811
    add_accounts(machine)
    backup = back_up(machine)
    database = machine.path("/var/lib/authsite/authsite.sqlite")
    database.with_name("authsite.sqlite-wal").write_text("of the lost database")
    database.write_text("damaged")
    commands = RESTORE.partition("# PostgreSQL")[0].replace("BACKUP.sqlite", str(backup))
    commands = commands.replace("/var/lib/authsite/authsite.sqlite", str(database))
    # There is no user authsite here.
    owned = commands.replace("-o authsite -g authsite", f"-o {os.getuid()} -g {os.getgid()}")
    subprocess.run(["sh", "-e", "-c", owned], check=True)
    assert database.stat().st_mode & 0o777 == 0o600
    check_restored(machine)


def use_database(machine: Machine, url: str) -> None:  # noqa: F811
    """Let the machine use another database."""
    shared = machine.path(f"{ETC}/authsite.env")
    shared.write_text(with_variable(shared.read_text(), "DATABASE_URL", url))


def back_up(machine: Machine) -> Path:  # noqa: F811
    """Make a backup; return its path."""
    folder = machine.path("/var/lib/authsite/backups")
    return Path(run(machine, "python", "deploy/backup.py", "production.ini", str(folder)).strip())


@contextmanager
def a_database_named_authsite(postgresql: Cluster) -> Iterator[str]:
    """Create the empty database of a new machine; yield its URL."""
    with psycopg.connect(postgresql.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE authsite")
        yield make_url(postgresql.url).set(database="authsite").render_as_string()
        connection.execute("DROP DATABASE authsite WITH (FORCE)")


def check_restored(machine: Machine) -> None:  # noqa: F811
    """Check that the migrations run and that ada is there."""
    run(machine, *MIGRATE)
    assert "Example" in run(
        machine, "authsite", "user", "show", "production.ini", "ada@example.com"
    )
