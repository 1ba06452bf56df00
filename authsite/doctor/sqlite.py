"""The file of SQLite: it is on a safe disk, writable, private, and in WAL mode."""

import os
import shutil
from pathlib import Path

from authsite.doctor.finding import Finding, fail, ok, warn
from authsite.doctor.sources import is_world_readable
from authsite.doctor.subject import Subject, is_in_wal

#: Where SQLite's locks and shared memory do not work (sqlite.org/wal.html).
_NETWORK = {"9p", "afs", "ceph", "cifs", "coda", "fuse.glusterfs", "fuse.sshfs", "gfs2", "lustre"}
_NETWORK |= {"ncpfs", "nfs", "nfs4", "ocfs2", "smb2", "smb3", "smbfs", "vboxsf"}
#: What is lost when a machine or a container restarts.
_TEMPORARY = {"overlay", "ramfs", "tmpfs"}
_MIB = 1024 * 1024
_TOO_LITTLE, _LITTLE = 100 * _MIB, 1024 * _MIB


def local_disk(subject: Subject) -> Finding | list[Finding]:
    """The file is on a lasting disk of this machine, with free space."""
    file, found = subject.sqlite_file, []
    kind = _file_system_of(file, subject.mounts)
    if kind in _NETWORK:
        found.append(fail(f"{file} is on {kind}, a network, where two writers can corrupt it."))
    elif kind in _TEMPORARY:
        found.append(warn(f"{file} is on {kind}, and may be lost at a restart."))
    elif kind is None or kind.startswith("fuse"):
        found.append(warn(f"{file} is on {kind or 'an unknown file system'}, maybe of a network."))
    free = shutil.disk_usage(file.parent).free
    if free < _LITTLE:
        report = fail if free < _TOO_LITTLE else warn
        found.append(report(f"{file} has {free // _MIB} MiB left.", "Free some disk space."))
    return found or ok(f"{file} is on {kind} with {free // _MIB} MiB left.")


def _file_system_of(file: Path, mounts: Path) -> str | None:
    """Return the type of the nearest mount above the file; of several there, the last."""
    try:
        lines = mounts.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    depth, found = -1, None
    for line in lines:
        _, path, kind, *_ = line.split(" ")
        point = Path(path.encode("utf-8").decode("unicode_escape"))  # \040 for a space
        if file.is_relative_to(point) and len(point.parts) >= depth:
            depth, found = len(point.parts), kind
    return found


def database_file(subject: Subject) -> Finding | list[Finding]:
    """The site can write to the file and its folder, and no other user can read it."""
    file, effective = subject.sqlite_file, os.access in os.supports_effective_ids
    found = [
        fail(f"This user cannot write to {each}.", "Run as the site's user, or `chown` the folder.")
        for each in (file.parent, file)
        if not os.access(each, os.W_OK, effective_ids=effective)
    ]
    if is_world_readable(file) and not subject.in_development:
        found.append(
            fail(f"Every user of this machine can read {file}.", f"Run `chmod o= {file}*`.")
        )
    return found or ok(f"{file} is writable, and private.")


def wal(subject: Subject) -> Finding:
    """The file is in WAL mode, so that readers and a writer do not block each other."""
    if is_in_wal(subject.sqlite_file):
        return ok("The file is in WAL mode.")
    return warn("The file is not in WAL mode: the site has never used it, or cannot switch it.")
