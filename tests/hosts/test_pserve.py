"""Each example starts with `pserve`."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hosts.conftest import EXAMPLES, PATH, migrate
from tests.hosts.visitor import HOST
from tests.processes.listeners import Listener
from tests.processes.servers import DEADLINE, until


@pytest.mark.parametrize("example", ["hello", "cookiecutter", "wiki", "tokens"])
def test_example_starts(copied: Callable[[Path], Path], example: str) -> None:
    (ini,) = copied(EXAMPLES / example).glob("*.ini")
    migrate(ini)
    listener = Listener()
    text = ini.read_text("utf-8")
    listen = f"listen = {HOST}"
    assert listen in text
    ini.write_text(text.replace(listen, f"listen = 127.0.0.1:{listener.port}"), "utf-8")

    def answers() -> bool:
        assert process.poll() is None
        connection = listener.connection(timeout=DEADLINE)
        try:
            connection.request("GET", "/accounts/sign-in", headers={"Host": HOST})
            return connection.getresponse().status == 200
        except OSError:
            return False

    with subprocess.Popen(
        [sys.executable, "-m", "pyramid.scripts.pserve", "-q", str(ini)],
        cwd=ini.parent,
        env={**os.environ, "PYTHONPATH": PATH},
        stdin=subprocess.DEVNULL,
    ) as process:
        try:
            until(answers, "the first answer of the example")
        finally:
            listener.hang_up()
            process.terminate()
