"""nginx with deploy/nginx.conf, in front of the servers of a test."""

import http.client
import os
import re
import shutil
import socket
import ssl
import subprocess
import warnings
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest
import trustme

from tests.processes.listeners import LOOPBACK, Listener
from tests.processes.servers import DEADLINE, HOST, until

ROOT = Path(__file__).parents[2]
CONFIGURATION = ROOT / "deploy" / "nginx.conf"

_NGINX_IS_MISSING = "nginx is missing. To get it on Debian: sudo apt-get install nginx"
#: What the tests have in place of Debian's nginx.conf. It has no ssl_protocols, and compresses.
_AROUND = """\
daemon off;
master_process off;
pid nginx.pid;
error_log stderr warn;
events {{ worker_connections 512; }}
http {{
access_log other.log;
gzip on;
client_body_temp_path body;
proxy_temp_path proxy;
fastcgi_temp_path fastcgi;
uwsgi_temp_path uwsgi;
scgi_temp_path scgi;
{}
}}
"""
_AUTHORITY = trustme.CA()


class Nginx(Listener):
    """nginx with that configuration, except ports, paths and the certificate.

    It listens with TLS on `port` and without on `plain.port`. A line in the error log fails the
    test, unless it contains one of `may_log`. `is_up` is the status of its first answer.
    """

    def __init__(
        self, folder: Path, *servers: Listener, may_log: tuple[str, ...] = (), is_up: int = 200
    ) -> None:
        super().__init__()
        self.plain = Listener()
        self._may_log = may_log
        self._is_up = is_up
        self._folder = folder / f"nginx-{self.port}"
        self._folder.mkdir()
        self.access_log = self._folder / "access.log"
        #: The log of requests for which the configuration names no other.
        self.other_log = self._folder / "other.log"
        self.error_log = self._folder / "log"
        certificate = _AUTHORITY.issue_cert(HOST, key_type=trustme.KeyType.RSA)
        certificate.private_key_and_cert_chain_pem.write_to_path(self._folder / "pem")
        #: The file with the certificate of the authority.
        self.authority = self._folder / "authority.pem"
        _AUTHORITY.cert_pem.write_to_path(self.authority)
        self._context = ssl.create_default_context()
        _AUTHORITY.configure_trust(self._context)
        (self._folder / "nginx.conf").write_text(_AROUND.format(self._configuration(servers)))

    def connection(self, *, timeout: float, source: str = LOOPBACK) -> http.client.HTTPConnection:
        """Return a connection like that of `Listener`, with TLS."""
        connection = super().connection(timeout=timeout, source=source)
        connection._create_connection = lambda *target: self.secure(
            socket.create_connection(*target)
        )
        return connection

    def secure(self, connection: socket.socket, *, host: str = HOST) -> ssl.SSLSocket:
        """Return the connection with TLS, after verifying the certificate of the host."""
        return self._context.wrap_socket(connection, server_hostname=host)

    def handshake(self, version: ssl.TLSVersion, ciphers: str) -> str:
        """Return the cipher of a connection that offers only this version and these ciphers."""
        context = ssl.create_default_context()
        _AUTHORITY.configure_trust(context)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of weak versions
            context.minimum_version = context.maximum_version = version
        context.set_ciphers(ciphers)
        with (
            socket.create_connection((LOOPBACK, self.port)) as connection,
            context.wrap_socket(connection, server_hostname=HOST) as secured,
        ):
            cipher = secured.cipher()
            assert cipher is not None
            return cipher[0]

    def resumes_sessions(self, version: ssl.TLSVersion) -> bool:
        """Whether a second connection of this version resumes the TLS session of the first."""
        context = ssl.create_default_context()
        _AUTHORITY.configure_trust(context)
        context.minimum_version = context.maximum_version = version
        session, is_resumed = None, False
        for _ in range(2):
            with (
                socket.create_connection((LOOPBACK, self.port), DEADLINE) as connection,
                context.wrap_socket(connection, server_hostname=HOST, session=session) as secured,
            ):
                secured.sendall(f"GET /healthz HTTP/1.0\r\nHost: {HOST}\r\n\r\n".encode())
                while secured.recv(4096):  # in TLS 1.3, the session follows the handshake
                    pass
                session, is_resumed = secured.session, bool(secured.session_reused)
        return is_resumed

    def hang_up(self) -> None:
        """Close all connections, with and without TLS."""
        super().hang_up()
        self.plain.hang_up()

    def __enter__(self) -> Self:
        command = (_program(), "-e", "stderr", "-p", str(self._folder), "-c", "nginx.conf")
        log = self.error_log.open("wb")
        with log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=log)
        try:
            until(self._answers, "the first answer of nginx")
        except BaseException as error:
            error.add_note(self.error_log.read_text())
            self._process.kill()
            raise
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
        log = self.error_log.read_text()
        if error is not None:
            error.add_note(log)
        else:
            lines = log.splitlines()
            unexpected = [line for line in lines if not any(map(line.count, self._may_log))]
            assert not unexpected, unexpected[0]

    def _answers(self) -> bool:
        assert self._process.poll() is None, f"nginx ended with {self._process.returncode}"
        connection = self.connection(timeout=DEADLINE)
        try:
            connection.request("GET", "/", headers={"Host": HOST})
            return connection.getresponse().status == self._is_up
        except OSError:
            return False
        finally:
            connection.close()

    def _configuration(self, servers: tuple[Listener, ...]) -> str:
        """Return the configuration with the ports and paths of the test."""
        text = CONFIGURATION.read_text("utf-8")
        upstreams = "".join(rf"server 127.0.0.1:{each.port}\1;" + "\n" for each in servers)
        for times, pattern, replacement in [
            (1, r"(?:^ *server 127\.0\.0\.1:\d+(.*);\n)+", upstreams),
            (2, r"\blisten 443\b", f"listen 127.0.0.1:{self.port}"),
            (1, r"\blisten 80\b", f"listen 127.0.0.1:{self.plain.port}"),
            (2, r"/etc/ssl/accounts\.example\.com\.(?:pem|key)", str(self._folder / "pem")),
            (2, r"/var/log/nginx/authsite\.log", str(self.access_log)),
        ]:
            text, found = re.subn(pattern, replacement, text, flags=re.MULTILINE)
            assert found == times, f"deploy/nginx.conf has {pattern} not {times} times"
        return text


def _program() -> str:
    """Return the path of nginx; without it the tests are skipped, but fail in CI."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:{ROOT}/.cache/nginx/usr/sbin"
    program = shutil.which("nginx", path=path)
    if program is None:
        stop = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        stop(_NGINX_IS_MISSING)
    return program
