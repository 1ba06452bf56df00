"""testssl.sh examines TLS of deploy/nginx.conf."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.processes.nginx import ROOT, Nginx
from tests.processes.servers import HOST, Server, trusting_a_proxy

_IS_MISSING = "testssl.sh is missing. To get it on Debian: sudo apt-get install testssl.sh"
#: They depend on the configuration; `--vulnerable`, which takes as long again, examines OpenSSL.
_CHECKS = ("--protocols", "--standard", "--server-preference", "--headers", "--breach", "--crime")
#: The others say what testssl.sh could not examine with the OpenSSL of this machine.
_BAD = {"LOW", "MEDIUM", "HIGH", "CRITICAL"}
#: What is intended: all ciphers that the server has are strong, so that the client may choose the
#: one that is fastest there.
_INTENDED = {"cipher_order"}
#: testssl.sh looks for a program that asks name servers; with `--nodns none` it does not run it.
_HOST = "#!/bin/sh\nexit 1\n"


@pytest.mark.asvs("12.1.2")
def test_testssl_finds_no_weakness(tmp_path: Path, migrate: Callable[[str], None]) -> None:
    program = _program()
    (tmp_path / "host").write_text(_HOST)
    (tmp_path / "host").chmod(0o755)
    url = f"sqlite:///{tmp_path}/authsite.sqlite"
    migrate(url)
    report = tmp_path / "report.json"
    with (
        Server(tmp_path, url, edit=trusting_a_proxy) as server,
        # Attacks that nginx resists are errors in its log.
        Nginx(
            tmp_path, server, may_log=("SSL_do_handshake() failed", "SSL_read() failed")
        ) as nginx,
    ):
        command = [program, *_CHECKS, "--quiet", "--warnings", "batch", "--nodns", "none"]
        command += ["--ip", "127.0.0.1", "--jsonfile", report, f"https://{HOST}:{nginx.port}"]
        data = Path(program).parents[2] / "etc" / "testssl"
        own = {"TESTSSL_INSTALL_DIR": data, "CA_BUNDLES_PATH": data}
        path = f"{os.environ['PATH']}:{tmp_path}"
        done = subprocess.run(
            command, env=os.environ | own | {"PATH": path}, capture_output=True, check=False
        )
    assert done.returncode == 0, done.stdout.decode()
    findings = {each["id"]: each for each in json.loads(report.read_text())}
    assert findings["TLS1_3"]["severity"] == "OK"
    assert findings["cipherlist_STRONG"]["severity"] == "OK"
    assert {each for each in findings if findings[each]["severity"] in _BAD} == _INTENDED


def _program() -> str:
    """Return the path of testssl.sh; without it the test is skipped, but fails in CI."""
    path = f"{os.environ.get('PATH', '')}:{ROOT}/.cache/testssl/usr/bin"
    program = shutil.which("testssl", path=path)
    if program is None:
        stop = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        stop(_IS_MISSING)
    return program
