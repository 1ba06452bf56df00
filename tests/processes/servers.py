"""Server processes for tests: `pserve` with production.ini, to be killed and restarted."""

import json
import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests import mailbox
from tests.processes.listeners import Listener
from tests.throttles import THROTTLES

PRODUCTION = Path(__file__).parents[2] / "production.ini"
#: The public URL. The tests connect to the ports, like the proxy that terminates TLS.
SITE_URL = "https://accounts.example.com"
HOST = SITE_URL.removeprefix("https://")
SECRET = secrets.token_urlsafe(32)

#: The cheapest Argon2 hashes, for tests that are not about hashes.
CHEAP_HASHES = {"AUTHSITE_PASSWORDS_TIME_COST": "1", "AUTHSITE_PASSWORDS_MEMORY_COST": "8"}

#: All visitors come from one machine, which the site would throttle.
UNTHROTTLED = {key.replace(".", "_").upper(): "off" for key in THROTTLES}

#: No server listens on that port, so emails wait. Tests of mail set another one.
NO_MAIL = {
    "AUTHSITE_MAIL_HOST": "127.0.0.1",
    "AUTHSITE_MAIL_SECURITY": "none",
    "AUTHSITE_MAIL_PORT": "1",
}

#: All visitors are in one network, which gets a quarter of the queue.
LONG_QUEUE = {"AUTHSITE_PASSWORDS_HASH_QUEUE_SIZE": "1000"}

FOR_LOAD = CHEAP_HASHES | UNTHROTTLED | LONG_QUEUE

#: Seconds to wait for a condition, more than a busy machine needs.
DEADLINE = 60
_ERRORS = {"ERROR", "CRITICAL"}
_LINES_SHOWN = 30


def until(condition: Callable[[], object], what: str) -> None:
    """Wait until `condition` is true; fail after `DEADLINE` seconds."""
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {DEADLINE} seconds"
        time.sleep(0.02)


class Server(Listener):
    """One process of the site on its own port; two of them on one database are one site.

    It runs production.ini with another port and the changes of `edit`; everything else is in the
    environment. An error in the log fails the test, unless its message begins with one of
    `may_log`. If the test fails for another reason, the end of the log is shown.
    """

    def __init__(
        self,
        folder: Path,
        database_url: str,
        *,
        settings: Mapping[str, str] = FOR_LOAD,
        may_log: tuple[str, ...] = (),
        edit: Callable[[str], str] = str,
    ) -> None:
        super().__init__()
        self.log = folder / f"{self.port}.log"
        self._ini = folder / f"{self.port}.ini"
        self._ini.write_text(edit(_listening_on(self.port)))
        self._environ = {
            **os.environ,
            "AUTHSITE_SECRET": SECRET,
            "AUTHSITE_PREVIOUS_SECRETS": mailbox.SECRET,  # of emails that tests queue
            "AUTHSITE_SITE_URL": SITE_URL,
            **NO_MAIL,
            "DATABASE_URL": database_url,
            **settings,
        }
        self._command = [sys.executable, "-m", "pyramid.scripts.pserve", "-q", str(self._ini)]
        self._directory: Path | None = None
        self._may_log = may_log

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.hang_up()
        self._process.terminate()
        self._process.wait(DEADLINE)
        if error is not None:
            error.add_note(self._end_of_log())
            return
        errors = [record for record in self.records() if self._is_unexpected(record)]
        assert not errors, f"{len(errors)} errors in the log, the first: {_formatted(errors[0])}"

    def start(self) -> None:
        """Start the process on its port, and wait until it answers."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                env=self._environ,
                cwd=self._directory,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        try:
            until(self._answers, "the first answer of the server")
        except BaseException as error:
            self.kill()
            error.add_note(self._end_of_log())
            raise

    def kill(self) -> None:
        """Kill the process, which cannot react (SIGKILL)."""
        self._process.kill()
        self._process.wait(DEADLINE)

    def stop(self, number: int) -> None:
        """Send a signal to the process and wait for its end."""
        self._process.send_signal(number)
        self._process.wait(DEADLINE)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def records(self) -> list[dict[str, Any]]:
        """Return the records of the log; a line that is not JSON counts as an error."""
        return [_record_of(line) for line in self.log.read_text().splitlines()]

    def _answers(self) -> bool:
        assert self._process.poll() is None, f"the server ended with {self._process.returncode}"
        connection = self.connection(timeout=DEADLINE)
        try:
            host = self._environ["AUTHSITE_SITE_URL"].removeprefix("https://")
            connection.request("GET", "/", headers={"Host": host})
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def _is_unexpected(self, record: dict[str, Any]) -> bool:
        is_error = record["level"] in _ERRORS or "exception" in record
        return is_error and not record["message"].startswith(self._may_log)

    def _end_of_log(self) -> str:
        lines = [_formatted(record) for record in self.records()[-_LINES_SHOWN:]]
        return "\n".join([f"The end of the log of the server on port {self.port}:", *lines])


def trusting_a_proxy(ini: str) -> str:
    """Edit production.ini for a site behind a proxy on this machine, as its comments describe."""
    edited, lines = re.subn(r"^#(\w*trusted_proxy\w* = )", r"\1", ini, flags=re.MULTILINE)
    assert lines == 3, "production.ini trusts a proxy in another way"
    return edited


def _listening_on(port: int) -> str:
    before, listen, after = PRODUCTION.read_text().partition("listen = 127.0.0.1:6543\n")
    assert listen, "production.ini listens elsewhere"
    return f"{before}listen = 127.0.0.1:{port}\n{after}"


def _record_of(line: str) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads(line)
    except ValueError:
        return {"level": "ERROR", "message": line}
    return record


def _formatted(record: dict[str, Any]) -> str:
    lines = (record["level"], record["message"], record.get("exception", ""))
    return " ".join(filter(None, lines))
