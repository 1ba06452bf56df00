"""No request runs dangerous operations, as Python's audit events (PEP 578) show."""

import sys
from contextlib import suppress

import pytest

from tests.site.conftest import full_visit

pytestmark = pytest.mark.one_database

#: Prefixes of events: code or objects from input, new processes, connections to other machines.
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
    for events in _lists:
        if event.startswith(DANGEROUS):
            events.append(f"{event} {arguments[:1]!r:.80}")


@pytest.fixture(scope="module")
def _hooked():
    """Add the hook once, since Python cannot remove it."""
    sys.addaudithook(_hook)


@pytest.fixture
def operations(_hooked):
    """The dangerous operations since the list was cleared."""
    _lists.append([])
    yield _lists[-1]
    _lists.pop()


@pytest.mark.asvs("1.2.5", "1.3.2", "1.3.6", "1.3.7", "1.5.2", "13.2.4", "16.2.3")
def test_visit_runs_no_code_and_connects_nowhere(browser, new_browser, operations, capfd):
    """The first visit imports modules and compiles templates, the second does not."""
    full_visit(browser)
    operations.clear()
    capfd.readouterr()
    full_visit(new_browser(), email="grace@example.com")
    assert operations == []
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
def test_dangerous_operations_are_detected(operations, program):
    code = compile(program, "program", "exec")
    operations.clear()
    with suppress(ConnectionRefusedError):
        exec(code)
    assert len(operations) > 1  # the first is the exec of this test
