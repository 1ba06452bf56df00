"""Output of a command to a pipe or a full disk."""

import contextlib
import errno
import os
import sys

import pytest

from authsite.cli import main


def test_closed_pipe_is_no_error(ini, monkeypatch, capfd):
    """As in `authsite urls site.ini | head -1`."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        with pytest.raises(SystemExit) as ended:
            main(["urls", ini])
        monkeypatch.undo()
    assert ended.value.code == 1
    assert capfd.readouterr().err == ""


def test_full_disk_is_reported(ini, monkeypatch, capsys):
    with open("/dev/full", "w", buffering=1) as full:  # noqa: PTH123 - no path, a device
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(SystemExit) as ended:
            main(["urls", ini])
        monkeypatch.undo()
        with contextlib.suppress(OSError):
            full.close()
    assert ended.value.code == 1
    printed = capsys.readouterr().err
    assert printed.startswith(f"authsite: the output cannot be written: [Errno {errno.ENOSPC}]")
