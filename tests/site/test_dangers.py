"""What no request makes the process do, as Python's audit events (PEP 578) report it."""

import sys
from contextlib import suppress

import pytest

from tests.site.conftest import a_whole_visit

pytestmark = pytest.mark.one_database

#: Events, or their beginnings: code, objects and files made of input, processes, other machines.
DANGEROUS = (
    "compile",
    "ctypes.",
    "exec",
    "ftplib.",
    "imaplib.",
    "import",
    "marshal.loads",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.spawn",
    "os.system",
    "pickle.find_class",
    "poplib.",
    "pty.spawn",
    "smtplib.",
    "socket.bind",
    "socket.connect",
    "socket.getaddrinfo",
    "socket.gethostby",
    "socket.sendto",
    "subprocess.",
    "urllib.",
)
_lists: list[list[str]] = []


def _hook(event, arguments):
    for seen in _lists:
        if event.startswith(DANGEROUS):
            seen.append(f"{event} {arguments[:1]!r:.80}")


@pytest.fixture(scope="module")
def _hooked():
    """Python has no way to take a hook away, so there is one, which mostly does nothing."""
    sys.addaudithook(_hook)


@pytest.fixture
def dangers(_hooked):
    """What has been done since the list was emptied."""
    _lists.append([])
    yield _lists[-1]
    _lists.pop()


@pytest.mark.asvs("1.2.5", "1.3.2", "1.3.6", "1.3.7", "1.5.2", "13.2.4", "16.2.3")
def test_a_visit_runs_no_code_and_asks_no_machine(browser, new_browser, dangers, capfd):
    """The first visit imports modules and compiles templates. The second finds all of them."""
    a_whole_visit(browser)
    dangers.clear()
    capfd.readouterr()
    a_whole_visit(new_browser(), email="grace@example.com")
    assert dangers == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "program",
    [
        "eval('1')",
        "import subprocess; subprocess.run(['true'])",
        "import os; os.system('true')",
        "import pickle; pickle.loads(pickle.dumps(print))",
        "import socket; socket.create_connection(('127.0.0.1', 9)).close()",
    ],
)
def test_a_danger_is_noticed(dangers, program):
    code = compile(program, "program", "exec")
    dangers.clear()
    with suppress(ConnectionRefusedError):
        exec(code)
    assert len(dangers) > 1  # the first is the exec of this test
