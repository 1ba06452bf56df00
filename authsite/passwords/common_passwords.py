"""The most common passwords: `common_passwords.txt`, one a line, the most common first."""

import string
from importlib.resources import files

#: One string of 109 KB: a set of strings would take eight times as much memory.
_LINES = f"\n{files('authsite.passwords').joinpath('common_passwords.txt').read_text('ascii')}"
_SHORTEST, _LONGEST = 8, 20
#: What users add to a password that is too short.
_ADDED = string.digits + string.punctuation


def is_common(password: str) -> bool:
    """Whether it is on the list, in any case, also with digits or symbols added (ASVS 6.2.4).

    Most listed passwords are shorter than the minimum. Attackers try them with digits or symbols
    first, as users add these to reach the minimum.
    """
    folded = password.casefold()
    first = max(len(folded.rstrip(_ADDED)), _SHORTEST)
    return any(_is_listed(folded[:end]) for end in range(first, min(len(folded), _LONGEST) + 1))


def _is_listed(folded: str) -> bool:
    return "\n" not in folded and f"\n{folded}\n" in _LINES
