"""The most common passwords: `common_passwords.txt`, one a line, the most common first."""

from importlib.resources import files

#: One string of 109 KB: a set of strings would take eight times as much memory.
_LINES = f"\n{files('authsite.passwords').joinpath('common_passwords.txt').read_text('ascii')}"


def is_common(password: str) -> bool:
    """Whether the password is on the list, in any case (ASVS 6.2.4)."""
    folded = password.casefold()
    return "\n" not in folded and f"\n{folded}\n" in _LINES
