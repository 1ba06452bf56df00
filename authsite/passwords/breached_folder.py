"""Reading the files of breached passwords that Have I Been Pwned publishes."""

import re
from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import Self

#: One file for each 20 bits, five hexadecimal digits, at the beginning of a SHA-1 hash.
PREFIXES = 1 << 20

_NAME = re.compile(r"([0-9A-F]{5})(\.txt)?")
_LINES = re.compile(rb"(?:[0-9A-F]{35}:[0-9]{1,12}(?:\r?\n|\Z))+")
_SUFFIX_DIGITS = 35


class MalformedFile(ValueError):
    """A file is not in the expected format; the message names it."""


@dataclass(frozen=True, slots=True)
class BreachedFolder:
    """Files `00000` to `FFFFF`, all with or all without `.txt`.

    A line is the rest of a hash, 35 digits, and how often the password was seen:
    `0018A45C4D1DEF81644B54AB7F969B88D65:21`. A count of 0 is padding.
    """

    path: Path
    extension: str

    @classmethod
    def at(cls, path: Path) -> Self | None:
        """Return the folder at `path`, or None when it has no file of the first prefix."""
        for extension in (".txt", ""):
            if (path / f"00000{extension}").is_file():
                return cls(path, extension)
        return None

    def prefixes(self) -> "array[int]":
        """Return the prefixes that have a file, in order; four bytes each, to save memory."""
        names = (_NAME.fullmatch(file.name) for file in self.path.iterdir())
        found = (int(name[1], 16) for name in names if name and (name[2] or "") == self.extension)
        return array("I", sorted(array("I", found)))

    def suffixes(self, prefix: int, *, at_least: int = 1) -> list[bytes]:
        """Return the other 35 digits of hashes with this prefix that were seen `at_least` so often.

        Raises `MalformedFile`, and `OSError` when there is no such file.
        """
        file = self.path / f"{prefix:05X}{self.extension}"
        content = file.read_bytes()
        if not _LINES.fullmatch(content):
            raise MalformedFile(f"{file} is not a file of Have I Been Pwned")
        return [
            line[:_SUFFIX_DIGITS]
            for line in content.split()
            if int(line[_SUFFIX_DIGITS + 1 :]) >= at_least
        ]

    def has(self, digest: bytes) -> bool:
        """Whether the SHA-1 hash is in its file. Raises `MalformedFile` or `OSError`."""
        digits = digest.hex().upper()
        return digits[5:].encode("ascii") in self.suffixes(int(digits[:5], 16))
