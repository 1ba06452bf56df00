"""Looking a password up in a list of breached ones on this machine (ASVS 6.2.12)."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from authsite.passwords.breached_filter import BreachedFilter
from authsite.passwords.breached_folder import BreachedFolder, MalformedFile


class BreachedPasswordsUnreadable(Exception):
    """The list cannot be read, so no password can be accepted."""


@dataclass(frozen=True, slots=True)
class BreachedPasswords:
    """Answers `password in breached` from a folder or a filter."""

    hashes: BreachedFolder | BreachedFilter

    def __contains__(self, password: str) -> bool:
        """Whether it has appeared in a breach. Raises `BreachedPasswordsUnreadable`.

        That has no cause: its text would name a file by the beginning of the hash.
        """
        digest = hashlib.sha1(password.encode("utf-8"), usedforsecurity=False).digest()
        try:
            return self.hashes.has(digest)
        except (OSError, MalformedFile) as error:
            reason = type(error).__name__
        raise BreachedPasswordsUnreadable(f"{self.hashes.path} is unreadable: {reason}")


def breached_passwords_at(path: Path) -> BreachedPasswords | None:
    """Return the list at `path`, or None when there is no readable one."""
    try:
        hashes = BreachedFolder.at(path) or BreachedFilter.at(path)
    except OSError:  # no permission, or not a valid path
        return None
    return BreachedPasswords(hashes) if hashes else None
