"""The units of systemd in deploy/, read as systemd reads them, to start what they start."""

import os
import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

DEPLOY = Path(__file__).parents[2] / "deploy"
ROOT = DEPLOY.parent
#: Where the files of deploy/ say that the site is, and what it is told.
HOME, ETC = "/srv/authsite", "/etc/authsite"

_VARIABLE = re.compile(r"\$\{([A-Z_]+)\}")


@dataclass(frozen=True)
class Machine:
    """A folder that is to a test what the root of a machine is to a unit."""

    folder: Path

    def path(self, absolute: str) -> Path:
        """Return where on this machine a path is that a unit names."""
        return self.folder / absolute.lstrip("/")

    def install(self) -> None:
        """Put there what docs/production.md has put there: checkout, environment, and secret."""
        home, etc = self.path(HOME), self.path(ETC)
        home.mkdir(parents=True)
        (home / ".venv").symlink_to(Path(sys.executable).parents[1])
        for name in ("production.ini", "alembic", "deploy"):
            (home / name).symlink_to(ROOT / name)
        etc.mkdir(parents=True)
        for path in DEPLOY.glob("*.env"):
            (etc / path.name).write_text(path.read_text())

    def write(self, absolute: str, text: str) -> None:
        """Write a file in place of the one that is there."""
        path = self.path(absolute)
        path.unlink(missing_ok=True)
        path.write_text(text)


class Unit:
    """A service, and the instance of it that is meant."""

    def __init__(self, name: str, instance: str = "") -> None:
        self.name = name
        self._instance = instance
        self._settings = settings_of((DEPLOY / name).read_text("utf-8"))

    def values(self, key: str) -> list[str]:
        """Return every value of a setting in [Service], with the name of the instance in it."""
        return [
            value.replace("%i", self._instance)
            for section, name, value in self._settings
            if (section, name) == ("Service", key)
        ]

    def environ(self, machine: Machine) -> dict[str, str]:
        """Return what it adds to the environment; what is in a file counts for more."""
        credentials = machine.folder / "run" / "credentials"
        told = dict(pair.split("=", 1) for pair in self.values("Environment"))
        told = {name: value.replace("%d", str(credentials)) for name, value in told.items()}
        credentials.mkdir(parents=True, exist_ok=True)
        for each in self.values("LoadCredential"):
            name, _, path = each.partition(":")
            (credentials / name).write_bytes(machine.path(path).read_bytes())
        for path in self.values("EnvironmentFile"):
            for line in machine.path(path).read_text().splitlines():
                if line and not line.startswith("#"):
                    name, _, value = line.partition("=")
                    told[name] = value
        return told

    def command(self, machine: Machine, environ: dict[str, str] | None = None) -> list[str]:
        """Return the command line, with the paths of this machine."""
        environ = self.environ(machine) if environ is None else environ
        [line] = self.values("ExecStart")
        words = (_VARIABLE.sub(lambda match: environ[match[1]], each) for each in shlex.split(line))
        moved = (HOME, "/var/lib/authsite")
        return [str(machine.path(each)) if each.startswith(moved) else each for each in words]

    def working_directory(self, machine: Machine) -> Path:
        """Return where it is started."""
        [path] = self.values("WorkingDirectory")
        return machine.path(path)


def settings_of(text: str) -> list[tuple[str, str, str]]:
    """Return section, name and value of each setting; the same one may come twice."""
    found, section = [], ""
    for line in text.splitlines():
        if match := re.fullmatch(r"\[(\w+)\]", line):
            section = match[1]
        elif line and not line.startswith(("#", ";")):
            name, _, value = line.partition("=")
            found.append((section, name, value))
    return found


def cores() -> list[str]:
    """Return the cores of this machine that a test may use, of which there may be one alone."""
    mine = sorted(os.sched_getaffinity(0))
    return [str(mine[number % len(mine)]) for number in range(2)]
