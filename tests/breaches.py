"""Breached passwords for tests, in the files that Have I Been Pwned publishes."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from authsite.passwords.breached_filter import build_filter
from authsite.passwords.breached_folder import BreachedFolder

#: A folder with the first of the files, by which a folder is recognized.
EXCERPT = Path(__file__).parent / "breached"


def digest_of(password: str) -> str:
    """Return the SHA-1 hash as written in those files."""
    return hashlib.sha1(password.encode()).hexdigest().upper()


def a_breached_folder(
    path: Path,
    breached: Iterable[str] = (),
    *,
    others: Iterable[str] = (),
    extension: str = ".txt",
    line_end: str = "\r\n",
    seen: int = 3,
) -> Path:
    """Create a folder that lists these passwords; it also has the files for `others`."""
    files: dict[str, list[str]] = {"00000": [f"{'0' * 35}:7"]}
    for password in others:
        files.setdefault(digest_of(password)[:5], [f"{'0' * 35}:1"])
    for password in breached:
        digest = digest_of(password)
        files.setdefault(digest[:5], []).append(f"{digest[5:]}:{seen}")
    path.mkdir()
    for prefix, lines in files.items():
        content = line_end.join(sorted(lines))
        (path / f"{prefix}{extension}").write_bytes(content.encode("ascii"))
    return path


def a_breached_filter(folder: Path, target: Path, *, at_least: int = 1) -> int:
    """Build a filter from a folder; return its number of entries."""
    files = BreachedFolder.at(folder)
    assert files
    return sum(build_filter(files, target, prefixes=files.prefixes(), at_least=at_least))
