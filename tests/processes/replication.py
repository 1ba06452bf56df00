"""A streaming standby of PostgreSQL, which can become the primary."""

import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
import sqlalchemy as sa

from tests.postgresql import Cluster
from tests.processes.servers import DEADLINE, until


class Standby:
    """A server that replays what the primary writes, on a socket of its own."""

    def __init__(self, primary: Cluster) -> None:
        self._primary = primary
        self._folder = Path(tempfile.mkdtemp(prefix="authsite-standby-"))
        shutil.chown(self._folder, primary.owner)
        self._data = self._folder / "data"

    def __enter__(self) -> Self:
        self._run("pg_basebackup", "-d", self._primary.url, "-D", self._data, "-R", "-c", "fast")
        self.start()
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._run("pg_ctl", "stop", "-D", self._data, "-m", "immediate", check=False)
        shutil.rmtree(self._folder)

    def start(self) -> None:
        """Start the server, and wait until it accepts connections."""
        options, log = f'-h "" -k {self._folder}', self._folder / "log"
        self._run("pg_ctl", "start", "-w", "-D", self._data, "-l", log, "-o", options)

    def stop(self) -> None:
        """Stop the server."""
        self._run("pg_ctl", "stop", "-w", "-D", self._data, "-m", "fast")

    def promote(self) -> None:
        """Make it a primary."""
        self._run("pg_ctl", "promote", "-w", "-D", self._data)

    def url_of(self, url: str) -> str:
        """Return the URL of the copy of a database of the primary."""
        return _with_hosts(url, str(self._folder))

    def url_of_both(self, url: str) -> str:
        """Return the URL of a database that leads to whichever server is the primary."""
        hosts = sa.make_url(url).query["host"], str(self._folder)
        return _with_hosts(url, hosts, target_session_attrs="read-write")

    def make_synchronous(self) -> None:
        """Let each commit on the primary wait for this standby."""
        with psycopg.connect(self._primary.url, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            connection.execute("SELECT pg_reload_conf()")
            state = "SELECT sync_state FROM pg_stat_replication"
            until(lambda: connection.execute(state).fetchall() == [("sync",)], "a standby in sync")

    def _run(self, program: str, *arguments: object, check: bool = True) -> None:
        """Run a program of PostgreSQL as the owner of its files, since it refuses to be root."""
        subprocess.run(
            [self._primary.programs / program, *map(str, arguments)],
            user=self._primary.owner,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            timeout=DEADLINE,
            check=check,
        )


def _with_hosts(url: str, hosts: str | tuple[str, ...], **query: str) -> str:
    changed = sa.make_url(url).update_query_dict({"host": hosts} | query)
    return changed.render_as_string(hide_password=False)
