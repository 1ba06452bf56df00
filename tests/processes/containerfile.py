"""deploy/Containerfile, built without docker: each stage is this machine's root with changes.

The machine stands for the base image. Steps run as root in a mount namespace, on an overlay of the
machine's root file system in memory. Services have a network of their own, too.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import pytest

from tests.processes.servers import until

ROOT = Path(__file__).parents[2]
CONTAINERFILE = ROOT / "deploy" / "Containerfile"
#: Python of this machine, which the base image has in its PATH.
PYTHON = Path(sys.base_prefix)

_PROGRAMS = ("unshare", "nsenter", "setpriv", "ip")
_SECONDS = 500
#: What COPY does with a folder: it copies its contents.
_COPY = """
if test -d "$1"
then mkdir -p "$2" && cp -R --preserve=mode "$1/." "$2"
else cp --preserve=mode "$1" "$2"
fi
"""


class Instruction(NamedTuple):
    """One step, such as `COPY` with its arguments."""

    name: str
    arguments: str


def instructions() -> list[Instruction]:
    """Return the steps of the file; continued lines are one."""
    text = re.sub(r"^#.*\n", "", CONTAINERFILE.read_text("utf-8"), flags=re.MULTILINE)
    lines = text.replace("\\\n", " ").splitlines()
    return [Instruction(*line.split(maxsplit=1)) for line in lines if line.strip()]


class Namespaces:
    """A process that keeps a mount and a network namespace, with a loopback of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> Self:
        if os.geteuid() or any(shutil.which(name) is None for name in _PROGRAMS):
            _skip(f"building a root file system needs root, and {', '.join(_PROGRAMS)}")
        command = ["unshare", "--mount", "--net", "--propagation=private", "sleep", "3600"]
        self._process = subprocess.Popen(command)
        own = Path("/proc/self/ns/net").readlink()
        until(lambda: self.network.readlink() != own, "a namespace")
        self.run("mount", "-t", "tmpfs", "-o", "mode=0755", "none", str(self.folder))
        self.run("ip", "link", "set", "lo", "up", net=True)
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()

    @property
    def network(self) -> Path:
        """The file of the network namespace."""
        return Path(f"/proc/{self._process.pid}/ns/net")

    def command(self, *command: str, net: bool) -> list[str]:
        """Return a command that runs in the mount namespace, and in the network namespace too."""
        options = ["--mount", "--net"] if net else ["--mount"]
        return ["nsenter", f"--target={self._process.pid}", *options, "--", *command]

    def run(self, *command: str, net: bool = False, environ: dict[str, str] | None = None) -> str:
        """Run a command in the namespaces; return its output. It must succeed."""
        done = subprocess.run(
            self.command(*command, net=net),
            env=os.environ if environ is None else environ,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        return done.stdout


@dataclass
class Stage:
    """A stage of the build: its root folder, and what the steps have set."""

    namespaces: Namespaces
    name: str
    environ: dict[str, str] = field(default_factory=dict)
    directory: str = "/"
    user: str = "0:0"
    command: list[str] = field(default_factory=list)
    health_check: list[str] = field(default_factory=list)

    @property
    def root(self) -> Path:
        """The root folder, inside of the namespaces."""
        return self.namespaces.folder / self.name / "root"

    def mount(self) -> None:
        """Mount the root of the machine, with changes of its own."""
        layers = {name: self.root.parent / name for name in ("upper", "work")}
        for folder in (self.root, *layers.values()):
            self.namespaces.run("mkdir", "-p", str(folder))
        options = f"lowerdir=/,upperdir={layers['upper']},workdir={layers['work']}"
        self.namespaces.run("mount", "-t", "overlay", "overlay", "-o", options, str(self.root))
        self.namespaces.run("mount", "--rbind", "/dev", f"{self.root}/dev")
        self.namespaces.run("mount", "-t", "tmpfs", "none", f"{self.root}/tmp")
        for folder in PYTHON.parents:  # it may be in the home of root
            self.namespaces.run("chmod", "a+rx", f"{self.root}{folder}")
        pip = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
        path = f"{PYTHON}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        self.environ = pip | {"PATH": path}

    def chroot(self, *command: str) -> list[str]:
        """Return a command that runs in this root, in the working directory."""
        inside = 'cd "$0" && exec "$@"'
        return ["chroot", str(self.root), "/bin/sh", "-c", inside, self.directory, *command]

    def do(self, step: Instruction, stages: dict[str, "Stage"]) -> None:
        """Execute a step."""
        match step.name:
            case "WORKDIR":
                self.directory = step.arguments
                self.namespaces.run("mkdir", "-p", f"{self.root}{self.directory}")
            case "RUN":
                shell = self.chroot("/bin/sh", "-c", step.arguments)
                self.namespaces.run(*shell, environ=self.environ)
            case "COPY":
                self._copy(step.arguments, stages)
            case "ENV":
                for pair in step.arguments.split():
                    name, _, value = pair.partition("=")
                    self.environ[name] = value.replace("$PATH", self.environ["PATH"])
            case "USER":
                self.user = step.arguments
            case "HEALTHCHECK":
                self.health_check = json.loads(step.arguments.partition("CMD ")[2])
            case "CMD":
                self.command = json.loads(step.arguments)
            case _:
                assert step.name == "EXPOSE", f"{step.name} is not known here"

    def _copy(self, arguments: str, stages: dict[str, "Stage"]) -> None:
        *sources, target = arguments.split()
        base = str(ROOT)
        if sources[0].startswith("--from="):
            base = str(stages[sources.pop(0).removeprefix("--from=")].root)
        for source in sources:
            paths = f"{base}/{source.lstrip('/')}", f"{self.root}{self.directory}/{target}"
            self.namespaces.run("/bin/sh", "-c", _COPY, "sh", *paths)


def build(namespaces: Namespaces) -> Stage:
    """Build every stage; return the last one."""
    stages: dict[str, Stage] = {}
    stage: Stage | None = None
    for step in instructions():
        if step.name == "FROM":
            _image, _, name = step.arguments.partition(" AS ")
            stage = stages[name or "last"] = Stage(namespaces, name or "last")
            stage.mount()
        else:
            assert stage is not None, "the file begins with FROM"
            stage.do(step, stages)
    return stages["last"]


def _skip(reason: str) -> None:
    """Skip the test, but fail in CI."""
    stop = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
    stop(reason)
