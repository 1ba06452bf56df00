"""Hashes of breached passwords in one file, three bytes each, and how such a file is built.

magic      30 bytes, including the version
index      2^20 + 1 numbers of 8 bytes, little-endian: the number of entries before those of each
           prefix of 20 bits; the last is their total
entries    of each prefix, sorted: the next 24 bits of each hash
"""

import os
import struct
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

from authsite.passwords.breached_folder import PREFIXES, BreachedFolder, MalformedFile

_MAGIC = b"authsite breached passwords 1\n"
_ENTRIES_AT = len(_MAGIC) + 8 * (PREFIXES + 1)
_ENTRY_BYTES = 3
_ENTRY_DIGITS = 2 * _ENTRY_BYTES


@dataclass(frozen=True, slots=True)
class BreachedFilter:
    """Contains the first 44 bits of each hash, so it has false positives but no false negatives.

    Of 10^9 entries, 954 share a prefix, so a password that is not among them matches in 954 of 2^24
    cases: 1 in 17 600. It keeps nothing in memory and no file open: threads and forks can share it,
    and a replaced file takes effect at once.
    """

    path: Path

    @classmethod
    def at(cls, path: Path) -> Self | None:
        """Return the filter at `path`, or None when the file is missing, another or incomplete."""
        if not path.is_file():
            return None
        with path.open("rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            if size < _ENTRIES_AT or _read(file.fileno(), 0, len(_MAGIC)) != _MAGIC:
                return None
            (entries,) = _entries_before(file.fileno(), PREFIXES, count=1)
        return cls(path) if size == _ENTRIES_AT + _ENTRY_BYTES * entries else None

    def has(self, digest: bytes) -> bool:
        """Whether the SHA-1 hash is likely to be an entry. Raises `MalformedFile` or `OSError`."""
        prefix, rest = divmod(int.from_bytes(digest[:6], "big") >> 4, 1 << 24)
        with self.path.open("rb", buffering=0) as file:
            if _read(file.fileno(), 0, len(_MAGIC)) != _MAGIC:
                raise MalformedFile(f"{self.path} is not a filter")
            first, end = _entries_before(file.fileno(), prefix, count=2)
            at, size = _ENTRIES_AT + _ENTRY_BYTES * first, _ENTRY_BYTES * (end - first)
            if size < 0 or at + size > os.fstat(file.fileno()).st_size:
                raise MalformedFile(f"{self.path} has a damaged index")
            entries = _read(file.fileno(), at, size)
        entry = rest.to_bytes(_ENTRY_BYTES, "big")
        offsets = range(0, len(entries), _ENTRY_BYTES)
        index = bisect_left(offsets, entry, key=lambda at: entries[at : at + _ENTRY_BYTES])
        return entries.startswith(entry, index * _ENTRY_BYTES)


def build_filter(
    folder: BreachedFolder, target: Path, *, prefixes: "array[int]", at_least: int
) -> Iterator[int]:
    """Write the hashes of these files to `target`; yield the number of entries of each file.

    An existing file is replaced when the new one is complete. The index and one file are in memory.
    Raises `MalformedFile` or `OSError`.
    """
    building = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        with building.open("wb") as file:
            yield from _write(file, folder, prefixes=prefixes, at_least=at_least)
            file.flush()
            os.fsync(file.fileno())
        building.replace(target)
    finally:
        building.unlink(missing_ok=True)


def _write(
    file: BinaryIO, folder: BreachedFolder, *, prefixes: "array[int]", at_least: int
) -> Iterator[int]:
    index, total = array("Q"), 0
    file.seek(_ENTRIES_AT)
    for prefix in prefixes:
        index.extend(array("Q", [total]) * (prefix + 1 - len(index)))
        suffixes = folder.suffixes(prefix, at_least=at_least)
        entries = sorted({suffix[:_ENTRY_DIGITS] for suffix in suffixes})
        file.write(bytes.fromhex(b"".join(entries).decode("ascii")))
        total += len(entries)
        yield len(entries)
    if not total:
        raise MalformedFile(f"{folder.path} has no hash that was seen that often")
    index.extend(array("Q", [total]) * (PREFIXES + 1 - len(index)))
    file.seek(0)
    file.write(_MAGIC + struct.pack(f"<{len(index)}Q", *index))


def _entries_before(descriptor: int, prefix: int, *, count: int) -> tuple[int, ...]:
    numbers: tuple[int, ...] = struct.unpack(
        f"<{count}Q", _read(descriptor, len(_MAGIC) + 8 * prefix, 8 * count)
    )
    return numbers


def _read(descriptor: int, at: int, size: int) -> bytes:
    content = os.pread(descriptor, size, at)
    if len(content) != size:
        raise MalformedFile("the filter is incomplete")
    return content
