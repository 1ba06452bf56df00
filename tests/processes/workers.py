"""Worker processes: `authsite deliver production.ini`."""

import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from tests import mailbox
from tests.processes.servers import DEADLINE, NO_MAIL, PRODUCTION, SECRET, SITE_URL
from tests.smtp import Mailserver


class Worker:
    """A process that delivers to the mail server of a test, and writes its log to a file."""

    def __init__(
        self, folder: Path, database_url: str, mailserver: Mailserver, *options: str
    ) -> None:
        self.log = folder / f"worker-{id(self)}.log"
        command = [str(Path(sys.executable).parent / "authsite"), "deliver", str(PRODUCTION)]
        environ = {
            **os.environ,
            **NO_MAIL,
            "AUTHSITE_SECRET": SECRET,
            "AUTHSITE_PREVIOUS_SECRETS": mailbox.SECRET,  # of emails that tests queue
            "AUTHSITE_SITE_URL": SITE_URL,
            "AUTHSITE_MAIL_PORT": str(mailserver.port),
            "DATABASE_URL": database_url,
        }
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [*command, *options], env=environ, stdout=log, stderr=log
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.kill()
        if error is not None:
            error.add_note(self.log.read_text())

    def end(self) -> int:
        """Wait for the end; return the exit status."""
        return self._process.wait(DEADLINE)

    def terminate(self) -> None:
        """Stop it with SIGTERM, as a service manager does."""
        self._process.terminate()

    def kill(self) -> None:
        """Kill the process, which cannot react (SIGKILL)."""
        self._process.kill()
        self._process.wait(DEADLINE)
