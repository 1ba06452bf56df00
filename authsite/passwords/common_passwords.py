"""The passwords that most people use: `common_passwords.txt`, one a line, the most used first."""

from importlib.resources import files

#: One text of 109 KB: as a set of texts the list would take eight times as much.
_LINES = f"\n{files('authsite.passwords').joinpath('common_passwords.txt').read_text('ascii')}"


def is_common(password: str) -> bool:
    """Whether the whole password, in whatever case, is on the list (ASVS 6.2.4)."""
    folded = password.casefold()
    return "\n" not in folded and f"\n{folded}\n" in _LINES
