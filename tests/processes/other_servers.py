"""The WSGI servers of docs/servers.md, with the files and options that it names."""

import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.processes.servers import Server

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
BIN = Path(sys.executable).parent
_LISTEN = "127.0.0.1:6543"


class OtherServer(Server):
    """A server other than waitress. It counts as started once its workers have purged.

    Lines of its log that are not JSON are its own.
    """

    def __init__(
        self,
        command: Callable[[Path, int], list[str]],
        folder: Path,
        database_url: str,
        settings: Mapping[str, str],
    ) -> None:
        super().__init__(folder, database_url, settings=settings)
        self._command = command(folder, self.port)
        self._directory = ROOT

    def records(self) -> list[dict[str, Any]]:
        """Return the records of authsite."""
        return [each for each in super().records() if "event" in each or "logger" in each]

    def processes(self, event: str) -> set[int]:
        """Return the ids of the processes with a record of this event."""
        return {each["process"] for each in self.records() if each.get("event") == event}

    def end(self) -> int:
        """Stop it with SIGTERM, as a service manager does; return the exit status."""
        self._process.terminate()
        return self._process.wait(60)

    def _answers(self) -> bool:
        return super()._answers() and bool(self.processes("sys_purge"))


def gunicorn(_folder: Path, port: int) -> list[str]:
    """Return the command for gunicorn."""
    return [
        f"{BIN}/gunicorn",
        "--config=deploy/gunicorn.conf.py",
        f"--bind=127.0.0.1:{port}",
        "--paste=production.ini",
    ]


def granian(_folder: Path, port: int) -> list[str]:
    """Return the command for granian, whose options are all on its command line."""
    page = (ROOT / "docs" / "servers.md").read_text("utf-8")
    [options] = re.findall(r"^\.venv/bin/granian ((?:.*\\\n)*.*)\n", page, re.MULTILINE)
    words = options.replace("\\\n", " ").split()
    port_at = words.index("--port") + 1
    return [f"{BIN}/granian", *words[:port_at], str(port), *words[port_at + 1 :]]


def uwsgi(folder: Path, port: int) -> list[str]:
    """Return the command for uWSGI."""
    text = (DEPLOY / "uwsgi.ini").read_text("utf-8")
    assert text.count(_LISTEN) == 1
    ini = folder / f"{port}-uwsgi.ini"
    text = text.replace(_LISTEN, f"127.0.0.1:{port}").replace("%d", f"{DEPLOY}/")
    ini.write_text(text)
    return [f"{BIN}/uwsgi", "--ini", str(ini)]


SERVERS = (gunicorn, granian, uwsgi)
