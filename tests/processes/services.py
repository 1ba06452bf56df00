"""The two services of deploy/ on one machine, with their environment."""

import os
import re
import signal
import subprocess
from pathlib import Path

from tests.processes.listeners import Listener
from tests.processes.servers import DEADLINE, PRODUCTION, SECRET, Server, trusting_a_proxy
from tests.processes.units import ETC, HOME, Machine, Unit, cores

INSTANCES = ("main", "second")


class Service(Server):
    """One instance of `authsite@.service`, with its command line, environment and directory."""

    def __init__(self, machine: Machine, instance: str) -> None:
        super().__init__(machine.folder, "")
        unit = Unit("authsite@.service", instance)
        environ = unit.environ(machine)
        self._environ = {**os.environ, **environ}
        self._command = unit.command(machine, environ)
        self._directory = unit.working_directory(machine)
        self.metrics = environ["AUTHSITE_METRICS_LISTEN"]

    def end(self) -> None:
        """Stop the service like `systemctl stop`."""
        self.stop(signal.SIGTERM)  # KillSignal is its default


def set_up(folder: Path, database_url: str) -> tuple[Machine, list[Service]]:
    """Install the site on a machine, migrate its database, and return its services.

    Only ports, cores, the secret, the database and the mail server differ from deploy/.
    """
    machine = Machine(folder)
    machine.install()
    machine.path(f"{ETC}/secret").write_text(SECRET)
    shared = machine.path(f"{ETC}/authsite.env")
    text = with_variable(shared.read_text(), "DATABASE_URL", database_url)
    text = with_variable(text, "AUTHSITE_MAIL_HOST", "127.0.0.1")
    shared.write_text(f"{text}AUTHSITE_MAIL_SECURITY=none\nAUTHSITE_MAIL_PORT=1\n")
    for instance, core in zip(INSTANCES, cores(), strict=True):
        own = machine.path(f"{ETC}/{instance}.env")
        metrics = f"127.0.0.1:{Listener().port}"
        text = with_variable(own.read_text(), "AUTHSITE_METRICS_LISTEN", metrics)
        own.write_text(with_variable(text, "CORE", core))
    run(Unit("authsite-migrate.service"), machine)
    services = [Service(machine, instance) for instance in INSTANCES]
    ini = trusting_a_proxy(PRODUCTION.read_text())
    for shipped, service in zip((6543, 6544), services, strict=True):
        before, listen, after = ini.partition(f"listen = 127.0.0.1:{shipped}\n")
        assert listen, f"production.ini does not listen at {shipped}"
        ini = f"{before}listen = 127.0.0.1:{service.port}\n{after}"
    machine.write(f"{HOME}/production.ini", ini)
    return machine, services


def with_variable(environment: str, variable: str, value: str) -> str:
    """Return an environment file with another value for one of its variables."""
    pattern = re.compile(f"^{variable}=.*$", re.MULTILINE)
    text, times = pattern.subn(lambda _match: f"{variable}='{value}'", environment)
    assert times == 1, f"{variable} is not set once"
    return text


def run(unit: Unit, machine: Machine, **environ: str) -> str:
    """Run a unit to its end; return its output. It must succeed."""
    unit_environ = unit.environ(machine)
    done = subprocess.run(
        unit.command(machine, unit_environ),
        cwd=unit.working_directory(machine),
        env={**os.environ, **unit_environ, **environ},
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
