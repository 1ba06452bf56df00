"""Starting servers with production.ini: the site and the yardstick."""

import configparser
import http.client
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.run import Run

ROOT = Path(__file__).parent.parent
INI = ROOT / "production.ini"
#: The host name of the site; it is never resolved.
HOST = "authsite.example"
_TIMEOUT = 30.0
#: Of all servers of one run.
_SECRET = secrets.token_urlsafe(32)

_THROTTLES = (
    "SIGN_IN_ACCOUNT",
    "SIGN_IN_DEVICE",
    "SIGN_IN_NETWORK",
    "SIGN_UP_NETWORK",
    "NEW_PASSWORD_NETWORK",
    "SIGN_IN_ATTEMPTS_ACCOUNT",
    "SIGN_IN_ATTEMPTS_NETWORK",
)
#: All users are one account at one IP address, whose attempts are counted but never throttled.
ENDLESS = {f"AUTHSITE_THROTTLE_{name}": "1000000/5m..1h" for name in _THROTTLES}
#: The same without counting.
UNCOUNTED = {f"AUTHSITE_THROTTLE_{name}": "off" for name in _THROTTLES}


@dataclass(frozen=True)
class Server:
    """A running server."""

    port: int
    pid: int
    seconds_to_first_answer: float
    database: Path


def program(name: str) -> str:
    """Return the path of a program that is installed next to this Python."""
    return str(Path(sys.executable).with_name(name))


def pinned(core: int | None) -> list[str]:
    """Return a prefix for a command that runs it on one core; none for None."""
    return [] if core is None else ["taskset", "-c", str(core)]


def environment(database: Path) -> dict[str, str]:
    """Return the environment that production.ini needs, without other variables of authsite."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("AUTHSITE_")}
    return (
        inherited
        | ENDLESS
        | {
            "AUTHSITE_SECRET": _SECRET,
            "AUTHSITE_SITE_URL": f"https://{HOST}",
            "AUTHSITE_MAIL_HOST": "127.0.0.1",
            "AUTHSITE_MAIL_SECURITY": "none",
            "AUTHSITE_MAIL_DELIVER_IN_PROCESS": "no",
            "AUTHSITE_PASSWORDS_HASH_CORES": ",".join(map(str, sorted(os.sched_getaffinity(0)))),
            "DATABASE_URL": f"sqlite:///{database}",
            "MALLOC_ARENA_MAX": "1",  # as docs/production.md has it
            "PYTHONPATH": os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), str(ROOT)))),
        }
    )


def new_database(run: Run, name: str) -> Path:
    """Return a new SQLite file with all tables."""
    path = run.folder / f"{name}.sqlite"
    subprocess.run(
        [program("authsite"), "migrate", str(INI)],
        check=True,
        cwd=ROOT,
        env=environment(path),
        capture_output=True,
    )
    return path


@contextmanager
def site(
    run: Run, database: Path, *, core: int | None, settings: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Run the site with production.ini, except the port, the throttles and these settings."""
    with _serve(run, {}, database, core, settings or {}) as server:
        yield server


@contextmanager
def bare(run: Run, *, core: int | None) -> Iterator[Server]:
    """Run the yardstick with production.ini, except the application."""
    with _serve(run, {"use": "call:bench.bare:main"}, run.folder / "none", core, {}) as server:
        yield server


@contextmanager
def silent(
    run: Run, database: Path, *, core: int | None, settings: Mapping[str, str]
) -> Iterator[Server]:
    """Run the site without an audit log."""
    with _serve(run, {"use": "call:bench.silent:main"}, database, core, settings) as server:
        yield server


@contextmanager
def _serve(
    run: Run, app: dict[str, str], database: Path, core: int | None, settings: Mapping[str, str]
) -> Iterator[Server]:
    port = _free_port()
    log = run.folder / f"{port}.log"
    command = [*pinned(core), program("pserve"), str(_ini_for(run, app, port))]
    started = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment(database) | settings, stdout=output, stderr=output
        )
    try:
        while not _answers(port):
            if process.poll() is not None or time.perf_counter() - started > _TIMEOUT:
                problem = f"the server does not answer:\n{log.read_text()[-3000:]}"
                raise RuntimeError(problem)
            time.sleep(0.005)
        yield Server(port, process.pid, time.perf_counter() - started, database)
    finally:
        process.terminate()
        process.wait()


def _ini_for(run: Run, app: dict[str, str], port: int) -> Path:
    ini = configparser.RawConfigParser()
    ini.read(INI)
    ini["server:main"]["listen"] = f"127.0.0.1:{port}"
    # The load names the IP addresses of its clients, as a proxy does.
    ini["server:main"]["trusted_proxy"] = "127.0.0.1"
    ini["server:main"]["trusted_proxy_headers"] = "x-forwarded-for"
    ini["app:main"].update(app)
    path = run.folder / f"{port}.ini"
    with path.open("w") as file:
        ini.write(file)
    return path


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT)
    try:
        connection.request("GET", "/", headers={"Host": HOST})
        return connection.getresponse().status == http.HTTPStatus.OK
    except ConnectionError:
        return False
    finally:
        connection.close()
