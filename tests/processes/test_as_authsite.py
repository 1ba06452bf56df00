"""Commands by hand, with deploy/as-authsite: the environment of the services, and private files."""

import os
import re
import stat
import subprocess
from pathlib import Path

import pytest

from tests.processes.servers import DEADLINE, SECRET
from tests.processes.services import with_variable
from tests.processes.units import DEPLOY, ETC, HOME, Machine, Unit

#: What a shell and systemd would read in two ways if it were not quoted.
NAME = "Ada & Co. $HOME; #1"
#: It is not root's job here to become another user.
SETPRIV = """\
#!/bin/sh
[ "$1 $2 $3" = "--reuid=authsite --regid=authsite --init-groups" ] || exit 1
shift 3
exec "$@"
"""


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine with the site, SQLite and the command."""
    machine = Machine(tmp_path)
    machine.install()
    machine.path(f"{ETC}/secret").write_text(SECRET)
    shared = machine.path(f"{ETC}/authsite.env")
    text = with_variable(shared.read_text(), "AUTHSITE_SITE_NAME", NAME)
    database = machine.path("/var/lib/authsite/authsite.sqlite")
    database.parent.mkdir(parents=True)
    text = with_variable(text, "DATABASE_URL", f"sqlite:///{database}")
    text = with_variable(text, "AUTHSITE_MAIL_HOST", "127.0.0.1")
    shared.write_text(f"{text}AUTHSITE_MAIL_SECURITY='none'\nAUTHSITE_MAIL_PORT='1'\n")
    programs = machine.path("/usr/local/sbin")
    programs.mkdir(parents=True)
    script = (DEPLOY / "as-authsite").read_text()
    for folder in (HOME, ETC):
        script = script.replace(folder, str(machine.path(folder)))
    for name, program in (("as-authsite", script), ("setpriv", SETPRIV)):
        (programs / name).write_text(program)
        (programs / name).chmod(0o755)
    return machine


def run(machine: Machine, *command: str, statuses: tuple[int, ...] = (0,)) -> str:
    """Run a command as an operator whose files everyone can read; return its output."""
    programs = machine.path("/usr/local/sbin")
    done = subprocess.run(
        ["as-authsite", *command],
        env={**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"},
        umask=0,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert done.returncode in statuses, done.stderr
    return done.stdout


def test_as_authsite_has_the_environment_of_the_services(machine: Machine) -> None:
    lines = run(machine, "env", "-0").split("\0")
    environ = dict(line.split("=", 1) for line in lines if line)
    of_service = Unit("authsite@.service", "main").environ(machine)
    assert of_service["AUTHSITE_SITE_NAME"] == environ["AUTHSITE_SITE_NAME"] == NAME
    shared = {"AUTHSITE_SITE_URL", "AUTHSITE_MAIL_HOST", "DATABASE_URL"}
    assert {name: environ[name] for name in shared} == {name: of_service[name] for name in shared}
    assert environ["AUTHSITE_SECRET"] == SECRET
    assert run(machine, "pwd", "-P").strip() == str(machine.path(HOME).resolve())


def test_as_authsite_reads_the_url_of_the_database_from_its_file(machine: Machine) -> None:
    """As the docs have it for a URL with a password: it stands in no environment file."""
    shared = machine.path(f"{ETC}/authsite.env")
    [line] = re.findall(r"^DATABASE_URL=.*\n", shared.read_text(), re.MULTILINE)
    shared.write_text(shared.read_text().replace(line, ""))
    url = f"sqlite:///{machine.path('/var/lib/authsite')}/other.sqlite"
    machine.path(f"{ETC}/database-url").write_text(f"{url}\n")
    run(machine, "authsite", "migrate", "production.ini")
    assert "0 waiting" in run(machine, "authsite", "outbox", "production.ini")
    assert machine.path("/var/lib/authsite/other.sqlite").exists()


def test_commands_by_hand_create_private_files(machine: Machine) -> None:
    """Databases, backups, reports of imports, and what the operator writes to a file."""
    folder = machine.path("/var/lib/authsite")
    run(machine, "authsite", "migrate", "production.ini")
    source = machine.folder / "users.csv"
    source.write_text("email,first_name,last_name\nada@example.com,Ada,Lovelace\nnothing,,\n")
    command = f"authsite import production.ini csv {source} --report {folder}/report.csv"
    run(machine, "sh", "-c", f"{command} || [ $? = 1 ]")
    run(machine, "python", "deploy/backup.py", "production.ini", str(folder / "backups"))
    run(machine, "sh", "-c", f"authsite user list production.ini > {folder}/users.txt")
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {"authsite.sqlite", "report.csv", "users.txt"} <= {path.name for path in files}
    assert len(list(folder.glob("backups/*"))) == 1
    assert all(stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 for path in folder.rglob("*")), files
