"""Whether the file of SQLite lies where it is safe; PostgreSQL looks after its own."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from authsite.checks.finding import Finding, doubtful, fine, wrong
from authsite.checks.setup import Setup, is_in_wal
from authsite.checks.sources import others_can_read

#: Where locks and shared memory do not work as SQLite needs them (sqlite.org/wal.html).
_NETWORK = {"9p", "afs", "ceph", "cifs", "coda", "fuse.glusterfs", "fuse.sshfs", "gfs2", "lustre"}
_NETWORK |= {"ncpfs", "nfs", "nfs4", "ocfs2", "smb2", "smb3", "smbfs", "vboxsf"}
#: What is gone after a restart, of the machine or of a container.
_GONE = {"overlay", "ramfs", "tmpfs"}
_MIB = 1024 * 1024
_TOO_LITTLE, _LITTLE = 100 * _MIB, 1024 * _MIB


def local_disk(setup: Setup) -> Iterator[Finding]:
    """The file is on a disk of this machine, which keeps it and has room."""
    file = setup.database_file
    if file is None:
        return
    kind = _file_system_of(file, setup.mounts)
    if kind is None:
        yield doubtful(f"nobody says on what {file} lies", "see that it is a disk of this machine")
    elif kind in _NETWORK:
        yield wrong(
            f"{file} is on a network ({kind}), where two writers can break it",
            "move it to a disk of this machine, or take PostgreSQL",
        )
    elif kind in _GONE:
        yield doubtful(f"{file} is on {kind}, and may be gone with it", "move it to a disk")
    elif kind.startswith("fuse"):
        yield doubtful(f"{file} is on {kind}", "see that it is a disk of this machine")
    free = shutil.disk_usage(file.parent).free
    if free < _LITTLE:
        tell = wrong if free < _TOO_LITTLE else doubtful
        yield tell(f"there are {free // _MIB} MiB left for {file}", "make room")
    if kind and not kind.startswith("fuse") and kind not in _NETWORK | _GONE and free >= _LITTLE:
        yield fine(f"{file} is on {kind} with {free // _MIB} MiB left")


def _file_system_of(file: Path, mounts: Path) -> str | None:
    """Return what the file lies on, by the mount that is nearest to it, the last of them on top."""
    try:
        lines = mounts.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    nearest, found = -1, None
    for line in lines:
        _, where, kind, *_ = line.split(" ")
        point = Path(where.encode("utf-8").decode("unicode_escape"))  # \040 for a space
        if file.is_relative_to(point) and len(point.parts) >= nearest:
            nearest, found = len(point.parts), kind
    return found


def database_file(setup: Setup) -> Iterator[Finding]:
    """The file and its folder can be written to, and others cannot read it."""
    file = setup.database_file
    if file is None:
        return
    closed = [
        each
        for each in (file.parent, file)
        if not os.access(each, os.W_OK, effective_ids=os.access in os.supports_effective_ids)
    ]
    for each in closed:
        yield wrong(
            f"{each} cannot be written to by who runs this command",
            "run it as the site's user; if it is that, `chown` the folder with all that is in it",
        )
    open_to_all = others_can_read(file) and not setup.in_development
    if open_to_all:
        yield wrong(
            f"{file} can be read by everybody on this machine: hashes, addresses, links in mails",
            f"`chmod o= {file}*`, and UMask=0077 for the service",
        )
    if not closed and not open_to_all:
        yield fine(f"{file} can be written to, and others do not read it")


def wal(setup: Setup) -> Iterator[Finding]:
    """The file is in WAL mode, so that readers and a writer do not wait for each other."""
    file = setup.database_file
    if file is None:
        return
    if is_in_wal(file):
        yield fine("the file is in WAL mode")
    else:
        yield doubtful(
            "the file is not in WAL mode, so the site has not used it, or cannot switch it",
            f"`sqlite3 {file} 'PRAGMA journal_mode=WAL'` says whether it can be",
        )
