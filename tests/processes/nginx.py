"""The proxy that docs/production.md shows, as a real nginx before servers of the tests."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from tests.processes.listeners import Listener
from tests.processes.servers import DEADLINE, HOST, Server, until

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "production.md"

_HOW_TO_GET_IT = "nginx is missing. To get it on Debian: sudo apt-get install nginx"
_BLOCK = re.compile(r"^```nginx\n(.*?)^```$", re.MULTILINE | re.DOTALL)
#: What the page leaves to Debian's nginx.conf, here for a process of the tests' own.
_AROUND = """\
daemon off;
master_process off;
pid nginx.pid;
error_log stderr warn;
events {{ worker_connections 256; }}
http {{
access_log off;
client_body_temp_path body;
proxy_temp_path proxy;
fastcgi_temp_path fastcgi;
uwsgi_temp_path uwsgi;
scgi_temp_path scgi;
{}
}}
"""


class Nginx(Listener):
    """nginx with the configuration of the page, but for ports and TLS.

    Without a certificate `$scheme` would be http, so that what it says of people's browsers is put
    in its place. A log with a line in it fails the test, but for those that hold one of `may_log`.
    """

    def __init__(self, folder: Path, *servers: Server, may_log: tuple[str, ...] = ()) -> None:
        super().__init__()
        self._may_log = may_log
        self._folder = folder / f"nginx-{self.port}"
        self._folder.mkdir()
        configuration = _on_these_ports(_documented(), port=self.port, servers=servers)
        (self._folder / "nginx.conf").write_text(_AROUND.format(configuration))

    def __enter__(self) -> Self:
        command = (_program(), "-e", "stderr", "-p", str(self._folder), "-c", "nginx.conf")
        log = (self._folder / "log").open("wb")
        with log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=log)
        try:
            until(self._answers, "the first answer of nginx")
        except BaseException as error:
            error.add_note((self._folder / "log").read_text())
            self._process.kill()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.hang_up()
        self._process.terminate()
        self._process.wait(DEADLINE)
        log = (self._folder / "log").read_text()
        if error is not None:
            error.add_note(log)
        else:
            lines = log.splitlines()
            unexpected = [line for line in lines if not any(map(line.count, self._may_log))]
            assert not unexpected, unexpected[0]

    def _answers(self) -> bool:
        assert self._process.poll() is None, f"nginx ended with {self._process.returncode}"
        connection = self.connection(patience=DEADLINE)
        try:
            connection.request("GET", "/", headers={"Host": HOST})
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()


def _program() -> str:
    """Return where nginx is; without it the tests are skipped, but for CI, where they fail."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:{ROOT}/.cache/nginx/usr/sbin"
    program = shutil.which("nginx", path=path)
    if program is None:
        give_up = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        give_up(_HOW_TO_GET_IT)
    return program


def _documented() -> str:
    [block] = _BLOCK.findall(PAGE.read_text("utf-8"))
    return block


def _on_these_ports(block: str, *, port: int, servers: tuple[Server, ...]) -> str:
    """Return the page's configuration, changed where a test cannot do without."""
    upstreams = "\n".join(f"server 127.0.0.1:{server.port};" for server in servers)
    changes = [
        (r"(?:^ *server 127\.0\.0\.1:\d+;\n)+", f"{upstreams}\n"),
        (r"^ *listen 443 ssl;\n", f"listen 127.0.0.1:{port};\n"),
        (r"^ *ssl_certificate +\S+;\n", ""),
        (r"^ *ssl_certificate_key +\S+;\n", ""),
        (r"X-Forwarded-Proto \$scheme;", "X-Forwarded-Proto https;"),
        # The server that sends people from http to https.
        (r"^server \{\n *listen 80;\n(?:.*\n)*?\}\n", ""),
    ]
    for pattern, instead in changes:
        block, times = re.subn(pattern, instead, block, flags=re.MULTILINE)
        assert times == 1, f"docs/production.md has not one {pattern}"
    return block
