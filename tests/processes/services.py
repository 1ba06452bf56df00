"""The site as deploy/ sets it up on one machine: two services, told what they are told there."""

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
    """One instance of `authsite@.service`: its command line, its environment, its directory."""

    def __init__(self, machine: Machine, instance: str) -> None:
        super().__init__(machine.folder, "")
        unit = Unit("authsite@.service", instance)
        told = unit.environ(machine)
        self._environ = {**os.environ, **told}
        # As a service begins, whatever whoever started the tests has ignored.
        self._command = ["env", "--default-signal=INT", *unit.command(machine, told)]
        self._directory = unit.working_directory(machine)
        self.metrics = told["AUTHSITE_METRICS_LISTEN"]
        [stop] = unit.values("KillSignal")
        self._stop = signal.Signals[stop]

    def end(self) -> None:
        """End as `systemctl stop` does it."""
        self.stop(self._stop)


def set_up(folder: Path, database_url: str) -> tuple[Machine, list[Service]]:
    """Install the site on a machine, migrate its database, and return its services.

    Other than in deploy/ are only ports, cores, the secret, the database and the mail server.
    """
    machine = Machine(folder)
    machine.install()
    machine.path(f"{ETC}/secret").write_text(SECRET)
    everybody = machine.path(f"{ETC}/authsite.env")
    text = replaced(everybody.read_text(), "DATABASE_URL", database_url)
    text = replaced(text, "AUTHSITE_MAIL_HOST", "127.0.0.1")
    everybody.write_text(f"{text}AUTHSITE_MAIL_SECURITY=none\nAUTHSITE_MAIL_PORT=1\n")
    for instance, core in zip(INSTANCES, cores(), strict=True):
        own = machine.path(f"{ETC}/{instance}.env")
        metrics = f"127.0.0.1:{Listener().port}"
        text = replaced(own.read_text(), "AUTHSITE_METRICS_LISTEN", metrics)
        own.write_text(replaced(text, "CORE", core))
    run(Unit("authsite-migrate.service"), machine)
    services = [Service(machine, instance) for instance in INSTANCES]
    ini = trusting_a_proxy(PRODUCTION.read_text())
    for shipped, service in zip((6543, 6544), services, strict=True):
        before, listen, after = ini.partition(f"listen = 127.0.0.1:{shipped}\n")
        assert listen, f"production.ini does not listen at {shipped}"
        ini = f"{before}listen = 127.0.0.1:{service.port}\n{after}"
    machine.write(f"{HOME}/production.ini", ini)
    return machine, services


def replaced(environment: str, variable: str, value: str) -> str:
    """Return what is in a file of variables, with another value for one that is there."""
    pattern = re.compile(f"^{variable}=.*$", re.MULTILINE)
    text, times = pattern.subn(lambda _match: f"{variable}={value}", environment)
    assert times == 1, f"{variable} is not set once"
    return text


def run(unit: Unit, machine: Machine, **environ: str) -> str:
    """Run a unit that ends by itself, and must succeed; return what it writes."""
    told = unit.environ(machine)
    done = subprocess.run(
        unit.command(machine, told),
        cwd=unit.working_directory(machine),
        env={**os.environ, **told, **environ},
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
