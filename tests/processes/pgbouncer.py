"""PgBouncer with deploy/pgbouncer.ini, between the servers of a test and PostgreSQL."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
import pytest
import sqlalchemy as sa

from tests.processes.listeners import LOOPBACK, Listener
from tests.processes.servers import DEADLINE, until

ROOT = Path(__file__).parents[2]
CONFIGURATION = ROOT / "deploy" / "pgbouncer.ini"
UNPACKED = ROOT / ".cache" / "pgbouncer"

_MISSING = "pgbouncer is missing. To get it on Debian: sudo apt-get install pgbouncer"
_PASSWORD = "of-the-role-of-the-site"
_RIGHTS = "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO"


class PgBouncer(Listener):
    """PgBouncer with that configuration, except ports, paths and the number of connections.

    It has few `connections` to PostgreSQL, so that clients share them all the time. `extra` lines
    are added to the configuration.
    """

    def __init__(self, database_url: str, *, connections: int = 2, extra: str = "") -> None:
        super().__init__()
        self._direct = sa.make_url(database_url)
        database = self._direct.database
        #: The role of the site, which does not own the tables.
        self.role = f"{database}_site"
        #: Through it, and past it, as that role.
        self.url = f"postgresql://{self.role}:{_PASSWORD}@{LOOPBACK}:{self.port}/{database}"
        self.direct_url = self._direct.set(username=self.role).render_as_string()
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute(f"CREATE USER {self.role} PASSWORD '{_PASSWORD}'")
            connection.execute(f"{_RIGHTS} {self.role}")
        # Not below pytest's folder: only its owner may enter it, and PgBouncer refuses to be root.
        self._folder = Path(tempfile.mkdtemp(prefix="authsite-pgbouncer-"))
        self._folder.chmod(0o755)
        (self._folder / "userlist.txt").write_text(f'"{self.role}" "{_PASSWORD}"\n')
        text = self._configuration(connections)
        (self._folder / "pgbouncer.ini").write_text(f"{text}{extra}\n")

    def __enter__(self) -> Self:
        self.start()
        return self

    def start(self) -> None:
        """Start the process, and wait until it answers."""
        program, environ = _program()
        command = [program, str(self._folder / "pgbouncer.ini")]
        if os.geteuid() == 0:
            command[1:1] = ["-u", Path(str(self._direct.query["host"])).owner()]
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                command, env=environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            until(self._answers, "the first answer of PgBouncer")
        except BaseException as error:
            error.add_note((self._folder / "log").read_text())
            self.stop()
            raise

    def stop(self) -> None:
        """End the process, and with it all connections."""
        self._process.terminate()
        self._process.wait(DEADLINE)

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
        if error is not None:
            error.add_note((self._folder / "log").read_text()[-5000:])
        shutil.rmtree(self._folder)
        with psycopg.connect(
            self._direct.render_as_string(hide_password=False), autocommit=True
        ) as connection:
            connection.execute(f"DROP OWNED BY {self.role}; DROP ROLE {self.role}")

    def _answers(self) -> bool:
        assert self._process.poll() is None, f"PgBouncer ended with {self._process.returncode}"
        try:
            psycopg.connect(self.url).close()
        except psycopg.OperationalError:
            return False
        return True

    def _configuration(self, connections: int) -> str:
        """Return the configuration with the ports and paths of the test."""
        text = CONFIGURATION.read_text("utf-8")
        database, host = self._direct.database, self._direct.query["host"]
        for pattern, replacement in [
            (r"authsite = host=\S+ port=5432 dbname=authsite", f"{database} = host={host}"),
            (r"listen_port = 6432", f"listen_port = {self.port}"),
            (r"unix_socket_dir = \S+", "unix_socket_dir ="),
            (r"/etc/pgbouncer/userlist\.txt", str(self._folder / "userlist.txt")),
            (r"default_pool_size = \d+", f"default_pool_size = {connections}"),
        ]:
            text, found = re.subn(pattern, replacement, text)
            assert found == 1, f"deploy/pgbouncer.ini has {pattern} not once"
        return text


def _program() -> tuple[str, dict[str, str]]:
    """Return the path of PgBouncer and its environment; without it the tests are skipped.

    In CI they fail.
    """
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:{UNPACKED}/usr/sbin"
    program = shutil.which("pgbouncer", path=path)
    if program is None:
        stop = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        stop(_MISSING)
    folders = ":".join(map(str, UNPACKED.glob("usr/lib/*-linux-gnu")))
    return program, os.environ | {"LD_LIBRARY_PATH": folders}
