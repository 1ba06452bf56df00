"""The systemd units in deploy/, parsed to run their commands."""

import os
import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

DEPLOY = Path(__file__).parents[2] / "deploy"
ROOT = DEPLOY.parent
#: The folders of the site and of its environment in the files of deploy/.
HOME, ETC = "/srv/authsite", "/etc/authsite"

_VARIABLE = re.compile(r"\$\{([A-Z_]+)\}")


@dataclass(frozen=True)
class Machine:
    """A folder that stands for the root of a machine."""

    folder: Path

    def path(self, absolute: str) -> Path:
        """Return the path on this machine for an absolute path in a unit."""
        return self.folder / absolute.lstrip("/")

    def install(self) -> None:
        """Create checkout and environment files as in docs/production.md."""
        home, etc = self.path(HOME), self.path(ETC)
        home.mkdir(parents=True)
        (home / ".venv").symlink_to(Path(sys.executable).parents[1])
        for name in ("production.ini", "deploy"):
            (home / name).symlink_to(ROOT / name)
        etc.mkdir(parents=True)
        for path in DEPLOY.glob("*.env"):
            (etc / path.name).write_text(path.read_text())

    def write(self, absolute: str, text: str) -> None:
        """Replace a file."""
        path = self.path(absolute)
        path.unlink(missing_ok=True)
        path.write_text(text)


class Unit:
    """A service, or an instance of it."""

    def __init__(self, name: str, instance: str = "") -> None:
        self.name = name
        self._instance = instance
        self._settings = settings_of((DEPLOY / name).read_text("utf-8"))

    def values(self, key: str) -> list[str]:
        """Return every value of a setting in [Service], with the instance name filled in."""
        return [
            value.replace("%i", self._instance)
            for section, name, value in self._settings
            if (section, name) == ("Service", key)
        ]

    def environ(self, machine: Machine) -> dict[str, str]:
        """Return the variables that it sets; those in files override the others."""
        credentials = machine.folder / "run" / "credentials"
        environ = dict(pair.split("=", 1) for pair in self.values("Environment"))
        environ = {name: value.replace("%d", str(credentials)) for name, value in environ.items()}
        credentials.mkdir(parents=True, exist_ok=True)
        for each in self.values("LoadCredential"):
            name, _, path = each.partition(":")
            (credentials / name).write_bytes(machine.path(path).read_bytes())
        for path in self.values("EnvironmentFile"):
            environ |= read_environment_file(machine.path(path).read_text())
        return environ

    def command(self, machine: Machine, environ: dict[str, str] | None = None) -> list[str]:
        """Return the command line, with the paths of this machine."""
        environ = self.environ(machine) if environ is None else environ
        [line] = self.values("ExecStart")
        words = (_VARIABLE.sub(lambda match: environ[match[1]], each) for each in shlex.split(line))
        moved = (HOME, "/var/lib/authsite")
        return [str(machine.path(each)) if each.startswith(moved) else each for each in words]

    def working_directory(self, machine: Machine) -> Path:
        """Return its working directory."""
        [path] = self.values("WorkingDirectory")
        return machine.path(path)


def read_environment_file(text: str) -> dict[str, str]:
    """Return the variables of an `EnvironmentFile`, by the rules of systemd.exec(5).

    Of its values in several lines or parts, and of escapes, nothing is understood.
    """
    environ = {}
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith(("#", ";")):
            name, _, value = line.partition("=")
            quoted = re.fullmatch(r"""'([^']*)'|"([^"\\]*)"|([^'"\\]*)""", value.strip())
            assert quoted, f"systemd may read {line} in another way"
            environ[name.strip()] = next(filter(None, quoted.groups()), "")
    return environ


def settings_of(text: str) -> list[tuple[str, str, str]]:
    """Return section, name and value of each setting; a setting may be repeated."""
    found, section = [], ""
    for line in text.splitlines():
        if match := re.fullmatch(r"\[(\w+)\]", line):
            section = match[1]
        elif line and not line.startswith(("#", ";")):
            name, _, value = line.partition("=")
            found.append((section, name, value))
    return found


def cores() -> list[str]:
    """Return two cores of this machine, the same one twice if there is no other."""
    available = sorted(os.sched_getaffinity(0))
    return [str(available[number % len(available)]) for number in range(2)]
