"""The files of deploy/ are valid for systemd and for the settings."""

import os
import re
import shlex
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from authsite.settings.loader import describe_settings
from tests.processes.servers import trusting_a_proxy
from tests.processes.units import (
    DEPLOY,
    ETC,
    HOME,
    Machine,
    Unit,
    read_environment_file,
    settings_of,
)

SERVICES = sorted(path.name for path in DEPLOY.glob("*.service"))
UNITS = [*SERVICES, *sorted(path.name for path in DEPLOY.glob("*.timer"))]
ENVIRONMENTS = sorted(path.name for path in DEPLOY.glob("*.env"))
#: Maximum level of `systemd-analyze security`; a service without a sandbox has 9 or more.
MAX_EXPOSURE = 2.0
SYSTEM = Path("/usr/lib/systemd/system")
#: Prints the variables of files with systemd's own parser.
GENERATOR = Path("/usr/lib/systemd/user-environment-generators/30-systemd-environment-d-generator")


@pytest.fixture
def root(tmp_path):
    """The root folder of a machine with the units installed; skips without systemd."""
    if shutil.which("systemd-analyze") is None or not SYSTEM.exists():
        pytest.skip("systemd is missing: it comes with the system, or not at all")
    shutil.copytree(SYSTEM, tmp_path / "usr/lib/systemd/system", symlinks=True)
    installed = tmp_path / "etc/systemd/system"
    installed.mkdir(parents=True)
    for name in UNITS:
        shutil.copy(DEPLOY / name, installed)
    for path in ("/usr/bin/taskset", *(f"{HOME}/.venv/bin/{name}" for name in PROGRAMS)):
        program = tmp_path / path.lstrip("/")
        program.parent.mkdir(parents=True, exist_ok=True)
        program.touch(mode=0o755)
    return tmp_path


PROGRAMS = ("pserve", "authsite", "python")


def analyze(root, *arguments):
    """Run `systemd-analyze` on that machine."""
    command = ("systemd-analyze", f"--root={root}", "--man=no", *arguments)
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def instance_name(name):
    """Return the name of a unit, with an instance if it is a template."""
    return name.replace("@.", "@main.")


def test_systemd_accepts_every_line(root):
    done = analyze(root, "verify", "--recursive-errors=no", *map(instance_name, UNITS))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("line", ["KillSignall=SIGINT", "Restart=perhaps", "ExecStart=nothing"])
def test_systemd_reports_broken_lines(root, line):
    with (root / "etc/systemd/system/authsite@.service").open("a") as unit:
        unit.write(f"\n[Service]\n{line}\n")
    done = analyze(root, "verify", "--recursive-errors=no", "authsite@main.service")
    assert line.partition("=")[0] in done.stderr or done.returncode


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_sandboxed(root, name):
    done = analyze(root, "security", "--offline=true", instance_name(name))
    [level] = re.findall(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert float(level) <= MAX_EXPOSURE


def test_all_services_have_the_same_sandbox():
    """No service needs a right that another one lacks."""

    def sandbox(name):
        prefixes = (
            "Protect",
            "Private",
            "Restrict",
            "System",
            "Cap",
            "No",
            "Lock",
            "Memory",
            "UMask",
        )
        return sorted(
            each
            for each in settings_of((DEPLOY / name).read_text())
            if each[1].startswith(prefixes)
        )

    assert len({str(sandbox(name)) for name in SERVICES}) == 1
    assert len(sandbox(SERVICES[0])) > 20


@pytest.mark.parametrize("name", SERVICES)
def test_service_starts_an_existing_program(tmp_path, name):
    machine = Machine(tmp_path)
    machine.install()
    machine.path(f"{ETC}/secret").write_text("secret")
    command = Unit(name, "main").command(machine)
    started = [each for each in command if "/.venv/bin/" in each]
    assert len(started) == 1
    assert Path(started[0]).exists()
    assert "production.ini" in command
    assert (Unit(name).working_directory(machine) / "production.ini").exists()


def test_each_instance_has_its_own_section_core_and_metrics(tmp_path):
    sections = re.findall(
        r"^\[server:(.*)\]$", (DEPLOY.parent / "production.ini").read_text(), re.MULTILINE
    )
    assert sections == ["main", "second"]
    machine = Machine(tmp_path)
    machine.install()
    machine.path(f"{ETC}/secret").write_text("secret")
    environs = {name: Unit("authsite@.service", name).environ(machine) for name in sections}
    for variable in ("CORE", "AUTHSITE_METRICS_LISTEN"):
        assert len({each[variable] for each in environs.values()}) == 2


def test_every_variable_is_a_setting():
    settings = describe_settings()
    known = {row.variable for row in settings} | {"CORE", "MALLOC_ARENA_MAX"}
    known |= {f"{row.variable}_FILE" for row in settings if row.secret}
    used = set()
    for name in ENVIRONMENTS:
        used |= set(re.findall(r"^#?([A-Z_]+)=", (DEPLOY / name).read_text(), re.MULTILINE))
    for name in SERVICES:
        text = (DEPLOY / name).read_text()
        used |= set(re.findall(r"^#?Environment=([A-Z_]+)=", text, re.MULTILINE))
    assert {"AUTHSITE_SITE_URL", "DATABASE_URL", "AUTHSITE_SECRET_FILE"} <= used <= known


#: Values that would be read in two ways without quotes, or as two words.
VALUES = """\
A='Ada & Co.; #1 (a|b) <c> *'
B="Ada's"
C=plain
"""


@pytest.mark.parametrize("name", [*ENVIRONMENTS, "values"])
def test_shell_and_systemd_read_the_same_environment(tmp_path, name):
    """Variables that are switched off, too."""
    text = VALUES if name == "values" else (DEPLOY / name).read_text()
    text = re.sub(r"^#([A-Z_]+=)", r"\1", text, flags=re.MULTILINE)
    environ = read_environment_file(text)
    assert environ
    (tmp_path / "environment.d").mkdir()
    path = tmp_path / "environment.d" / "site.conf"
    path.write_text(text)
    script = f"set -a; . {path}; set +a; env -0"
    done = subprocess.run(["sh", "-ec", script], env={}, capture_output=True, text=True, check=True)
    assert (
        environ.items()
        <= dict(each.split("=", 1) for each in done.stdout.split("\0") if each).items()
    )
    if GENERATOR.exists():  # the same parser, for the environment of users
        found = {"XDG_CONFIG_HOME": str(tmp_path)}
        done = subprocess.run([GENERATOR], env=found, capture_output=True, text=True, check=True)
        lines = [shlex.split(line)[0] for line in done.stdout.splitlines()]
        assert environ.items() <= dict(line.split("=", 1) for line in lines).items()


@pytest.mark.parametrize("line", ["A=Ada & Co.", "A=$HOME", "A=(a"])
def test_unquoted_values_are_read_in_two_ways(line):
    """What the test above would find."""
    script = f'{line}\nprintf %s "$A"'
    done = subprocess.run(
        ["sh", "-c", script], env={"HOME": "/"}, capture_output=True, text=True, check=False
    )
    assert done.stdout != read_environment_file(line)["A"]


def test_no_secret_is_in_the_environment():
    """Each secret is a credential of its own, not in a file that several people read."""
    secret = {row.variable for row in describe_settings() if row.secret} - {"DATABASE_URL"}
    for name in (*ENVIRONMENTS, *SERVICES):
        for variable in secret:
            assert not re.search(rf"\b{variable}=", (DEPLOY / name).read_text())


def test_docs_name_every_file():
    docs = DEPLOY.parent / "docs"
    names = ("production.md", "servers.md", "containers.md")
    pages = "".join((docs / name).read_text("utf-8") for name in names)
    missing = [path.name for path in DEPLOY.iterdir() if f"(../deploy/{path.name})" not in pages]
    assert [name for name in missing if name != "__pycache__"] == []


class Installation:
    """The files of a server in folders of the test, without systemd and nginx."""

    def __init__(self, folder):
        self.page = (DEPLOY.parent / "docs" / "production.md").read_text("utf-8")
        self.home, self.etc, self.programs = (folder / name for name in ("home", "etc", "programs"))
        self.home.mkdir()
        shutil.copytree(DEPLOY, self.home / "deploy")
        shutil.copy(DEPLOY.parent / "production.ini", self.home)
        self.programs.mkdir()
        for name in ("systemctl", "nginx"):
            (self.programs / name).write_text("#!/bin/sh\n")
            (self.programs / name).chmod(0o755)
        (self.etc / "systemd/system").mkdir(parents=True)
        (self.etc / "nginx/conf.d").mkdir(parents=True)

    def section(self, name):
        """Return the text of a section of docs/production.md."""
        return self.page.partition(f"\n## {name}\n")[2].partition("\n## ")[0]

    def run(self, section, *, containing, count, status=0):
        """Run the blocks of commands of a section that contain this; return what they print.

        Unless a status is expected, every command has to succeed.
        """
        blocks = re.findall(r"```sh\n(.*?)```", self.section(section), re.DOTALL)
        blocks = [each for each in blocks if containing in each]
        assert len(blocks) == count
        commands = "".join(blocks)
        for shipped, place in (
            (HOME, self.home),
            ("/etc", self.etc),
            ("/usr/local/sbin", self.programs),
        ):
            commands = commands.replace(shipped, str(place))
        path = {"PATH": f"{self.programs}:{os.environ['PATH']}"}
        command = ["sh", "-c" if status else "-ec", commands]
        done = subprocess.run(command, env=path, check=False, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (status, "")
        return done.stdout


@pytest.fixture
def installation(tmp_path):
    """A server on which the commands of the installation guide have run that copy files."""
    installation = Installation(tmp_path)
    installation.run("Install", containing="install -m", count=3)
    return installation


def test_commands_of_the_installation_guide_run(installation):
    """Those that copy, create and edit files."""
    home, etc = installation.home, installation.etc
    assert len((etc / "authsite/secret").read_text().strip()) >= 32
    assert stat.S_IMODE((etc / "authsite/secret").stat().st_mode) == 0o600
    assert {*ENVIRONMENTS} <= {each.name for each in (etc / "authsite").iterdir()}
    assert {*UNITS} == {each.name for each in (etc / "systemd/system").iterdir()}
    assert os.access(installation.programs / "as-authsite", os.X_OK)
    [edit] = re.findall(r"^sed .*$", installation.section("Install"), re.MULTILINE)
    subprocess.run(["sh", "-ec", edit], cwd=home, check=True)
    ini = (home / "production.ini").read_text()
    assert ini == trusting_a_proxy((DEPLOY.parent / "production.ini").read_text())


def test_installation_guide_keeps_an_existing_secret(installation):
    secret = installation.etc / "authsite/secret"
    before = secret.read_text()
    installation.run("Install", containing="secrets.token_urlsafe", count=1)
    assert secret.read_text() == before


def test_commands_of_the_upgrade_keep_settings(installation):
    """They show every difference, and replace units and as-authsite only."""
    kept = {"authsite/authsite.env": "A", "authsite/second.env": "B", "authsite/secret": "C"}
    kept |= {"nginx/conf.d/authsite.conf": "D"}
    units = [f"systemd/system/{name}" for name in UNITS]
    for name in (*kept, *units):
        (installation.etc / name).write_text(kept.get(name, "of the previous release\n"))
    (installation.programs / "as-authsite").write_text("of the previous release\n")
    shown = installation.run("Upgrade", containing="diff -u", count=1, status=1)
    differing = {*kept, *units} - {"authsite/secret"}
    assert set(re.findall(rf"^--- {installation.etc}/(\S+)", shown, re.MULTILINE)) == differing
    installation.run("Upgrade", containing="install -m", count=1)
    for name, text in kept.items():
        assert (installation.etc / name).read_text() == text
    for name in UNITS:
        installed = installation.etc / "systemd/system" / name
        assert installed.read_text() == (DEPLOY / name).read_text()
    assert (installation.programs / "as-authsite").read_text() == (
        DEPLOY / "as-authsite"
    ).read_text()
