"""A service of deploy/compose.yaml, in the root file system of the image, without docker."""

import ctypes
import ipaddress
import os
import signal
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import yaml

from tests.processes.containerfile import ROOT, Stage
from tests.processes.servers import DEADLINE

COMPOSE = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text("utf-8"))
Result = TypeVar("Result")

_CLONE_NEWNET = 0x40000000


class Service:
    """One service: its command, as the user of the image, with what compose.yaml gives it."""

    def __init__(self, image: Stage, name: str) -> None:
        self._image = image
        self._definition: dict[str, Any] = COMPOSE["services"][name]
        self.command: list[str] = self._definition.get("command", image.command)
        self._environ = image.environ | self._definition["environment"]
        self._process: subprocess.Popen[str]

    def prepare(self, secrets: dict[str, str], **environ: str) -> None:
        """Mount what the service gets: secrets, folders in memory, and a read-only root."""
        root, run = self._image.root, self._image.namespaces.run
        self._environ |= environ
        run("mkdir", "-p", f"{root}/run/secrets")
        for name in self._definition["secrets"]:
            path = f"{root}/run/secrets/{name}"
            run("/bin/sh", "-c", 'printf %s "$1" >"$2"', "sh", secrets[name], path)
            run("chown", self._image.user, path)
            run("chmod", "0400", path)
        for folder in self._definition["tmpfs"]:
            run("mount", "-t", "tmpfs", "-o", "mode=1777", "none", f"{root}{folder}")
        if self._definition["read_only"]:
            run("mount", "-o", "remount,bind,ro", str(root))

    def start(self, *command: str, log: Path) -> None:
        """Start the command of the service, or another one, as process 1."""
        with log.open("wb") as file:
            self._process = subprocess.Popen(
                self._inside(*(command or self.command), own_pids=True),
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                text=True,
            )

    def wait(self) -> int:
        """Wait for the end of the command; return its exit status."""
        return self._process.wait(DEADLINE)

    def stop(self) -> int:
        """Send SIGTERM to process 1, as docker does; return its exit status."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        [process] = children.read_text().split()
        os.kill(int(process), signal.SIGTERM)
        return self.wait()

    def kill(self) -> None:
        """Kill it, if it runs still."""
        self._process.kill()
        self._process.wait()

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the container, as `docker exec` does."""
        return subprocess.run(
            self._inside(*command, own_pids=False),
            env=self._environ,
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            check=False,
        )

    @property
    def is_healthy(self) -> bool:
        """Whether the health check of the image succeeds."""
        return self.run(*self._image.health_check).returncode == 0

    def _inside(self, *command: str, own_pids: bool) -> list[str]:
        user, _, group = self._image.user.partition(":")
        privileges = [f"--reuid={user}", f"--regid={group}", "--clear-groups"]
        if self._definition["cap_drop"] == ["ALL"]:
            privileges += ["--bounding-set=-all", "--inh-caps=-all"]
        if "no-new-privileges:true" in self._definition["security_opt"]:
            privileges.append("--no-new-privs")
        pids = ["unshare", "--pid", "--fork", "--kill-child"]
        pids.append(f"--mount-proc={self._image.root}/proc")
        within = self._image.chroot("setpriv", *privileges, *command)
        return self._image.namespaces.command(*(pids if own_pids else ()), *within, net=True)


def in_network(image: Stage, call: Callable[[], Result]) -> Result:
    """Call a function in the network of the containers, in a thread of its own."""

    def enter() -> None:
        with image.namespaces.network.open() as network:
            assert ctypes.CDLL(None).setns(network.fileno(), _CLONE_NEWNET) == 0

    with ThreadPoolExecutor(1, initializer=enter) as pool:
        return pool.submit(call).result(DEADLINE)


def proxy_address() -> str:
    """Return the first address of the network from which the proxy connects."""
    [configuration] = COMPOSE["networks"]["proxy"]["ipam"]["config"]
    return str(ipaddress.ip_network(configuration["subnet"])[1])
