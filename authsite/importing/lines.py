"""Opening a file, a pipe or stdin whose lines are users."""

import io
import os
import select
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

from authsite.importing.decoding import MAX_LINE, decode_lines
from authsite.importing.errors import UnusableSource
from authsite.importing.imported_user import ImportedUser, Rejection
from authsite.importing.reader import Reader
from authsite.importing.source import ImportOptions, Source

#: The argument for stdin, by convention.
STANDARD_INPUT = "-"

ReadUsers = Callable[[Iterator[str], Reader, ImportOptions], Iterator[ImportedUser | Rejection]]


@contextmanager
def open_lines(
    location: str, read: ReadUsers, reader: Reader, options: ImportOptions
) -> Iterator[Source]:
    """Open a file whose lines `read` reads; raises `UnusableSource`."""
    if location == STANDARD_INPUT:
        lines = decode_lines(_with_timeout(sys.stdin.buffer, options.timeout), options.encoding)
        yield Source(users=read(lines, reader, options))
        return
    try:
        file = open(location, "rb", opener=_open_at_once)  # noqa: SIM115 - closed below
    except OSError as error:
        raise UnusableSource(f"can't read {location}: {error.strerror}") from error
    with file:
        lines = decode_lines(_with_timeout(file, options.timeout), options.encoding)
        yield Source(users=read(lines, reader, options), total=_count(file))


def _open_at_once(location: str, flags: int) -> int:
    """Open a named pipe, too, whether or not another program has opened it for writing."""
    return os.open(location, flags | os.O_NONBLOCK)


def _with_timeout(file: BinaryIO, timeout: float) -> BinaryIO:
    """Return the file; for a pipe or a device, one that raises when nothing arrives."""
    if _is_regular(file):
        return file
    return cast("BinaryIO", io.BufferedReader(_Pipe(file, timeout)))


class _Pipe(io.RawIOBase):
    """What another program writes; raises `UnusableSource` after `timeout` seconds of silence."""

    def __init__(self, file: BinaryIO, timeout: float) -> None:
        self._descriptor = file.fileno()
        self._timeout = timeout

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # what io passes
        if not select.select([self._descriptor], [], [], self._timeout)[0]:
            raise UnusableSource(f"nothing has arrived for {self._timeout:g} seconds")
        return os.readv(self._descriptor, [buffer])


def _is_regular(file: BinaryIO) -> bool:
    """Whether it is a file of a disk, or in memory, which never waits."""
    try:
        return stat.S_ISREG(os.fstat(file.fileno()).st_mode)
    except io.UnsupportedOperation:
        return True


def _count(file: BinaryIO) -> int | None:
    """Return the number of lines; None if the file can be read only once, or has no end."""
    if not _is_regular(file):
        return None
    lines = sum(block.count(b"\n") for block in iter(lambda: file.read(MAX_LINE), b""))
    file.seek(0)
    return lines
