"""Whether a password has appeared in a data breach, by a list on this machine (ASVS 6.2.12)."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from authsite.passwords.breached_filter import BreachedFilter
from authsite.passwords.breached_folder import BreachedFolder, MalformedFile


class BreachedPasswordsUnreadable(Exception):
    """The list cannot be read any more, so that no password can be told to be a good one."""


@dataclass(frozen=True, slots=True)
class BreachedPasswords:
    """`password in breached`, asked of a folder or a filter."""

    hashes: BreachedFolder | BreachedFilter

    def __contains__(self, password: str) -> bool:
        """Whether it has appeared. Raises `BreachedPasswordsUnreadable`.

        The error that caused that is left out: the name of a file is the beginning of the hash.
        """
        digest = hashlib.sha1(password.encode("utf-8"), usedforsecurity=False).digest()
        try:
            return self.hashes.has(digest)
        except (OSError, MalformedFile) as error:
            reason = type(error).__name__
        raise BreachedPasswordsUnreadable(f"{self.hashes.path} is unreadable: {reason}")


def breached_passwords_at(path: Path) -> BreachedPasswords | None:
    """Return the list at `path`, or None when there is none that can be read."""
    try:
        hashes = BreachedFolder.at(path) or BreachedFilter.at(path)
    except OSError:  # not ours to read, or not even a name
        return None
    return BreachedPasswords(hashes) if hashes else None
