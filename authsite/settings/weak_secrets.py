"""Secrets that can be guessed: published ones, placeholders, words and patterns."""

import math
import re
from collections import Counter

from zxcvbn_rs_py import zxcvbn

#: In development.ini, testing.ini and docs/configuration.md.
PUBLISHED = frozenset(
    {
        "for development only: everybody knows this secret",
        "a secret for the tests, known to everyone who reads this",
        "q4mGk8z_0bV7yH1TnXc5wRjPe2LsUa9D",
    }
)
#: Of at least 8 letters, which a random secret contains once in billions.
_PLACEHOLDERS = (
    *("changeit", "changeme", "changethis", "development", "generatewith", "goeshere", "insecure"),
    *("mysecret", "notasecret", "notsecret", "password", "placeholder", "replacethis", "replaceme"),
    *("secretatleast", "secretkey", "stringsecret", "supersecret", "topsecret", "yoursecret"),
)
#: Random secrets have more: of 5000 with 128 bits (32 hexadecimal digits), none had under 80.
_MIN_BITS = 64
#: zxcvbn counts no further than 64 bits, and takes long for long text, so it gets pieces.
_PIECE = 16
_MAX_MEASURED = 256
#: `${NAME}`, `$(command)`, `{{ name }}`, `%(name)s`, `<name>`, `scheme://path`.
_UNEXPANDED = re.compile(r"\$[{(]|\{\{|%\(|^<.*>$|://")
_SEPARATORS = re.compile(r"[\W_]+")


def weakness_of(secret: str) -> str | None:
    """Return why an attacker can guess the secret, as a verb and its object, or None."""
    if secret in PUBLISHED:
        return "is published with authsite"
    if _UNEXPANDED.search(secret):
        return "is a reference that was not replaced by a secret"
    squeezed = _SEPARATORS.sub("", secret).lower()
    if " " in secret or any(placeholder in squeezed for placeholder in _PLACEHOLDERS):
        return "consists of words"
    measured = _period_of(secret[:_MAX_MEASURED])
    if min(_bits_of_characters(measured), _bits_of_patterns(measured)) < _MIN_BITS:
        return "repeats itself or is a pattern"
    return None


def _period_of(text: str) -> str:
    """Return the beginning that the rest of the text repeats; all of it, if it does not."""
    return next(text[:end] for end in range(1, len(text) + 1) if text.startswith(text[end:]))


def _bits_of_characters(text: str) -> float:
    """Return the entropy of a text whose characters are drawn as often as they occur."""
    shares = [count / len(text) for count in Counter(text).values()]
    return -len(text) * sum(share * math.log2(share) for share in shares)


def _bits_of_patterns(text: str) -> float:
    """Return zxcvbn's estimate, which knows words, sequences, dates and keyboards."""
    pieces = (
        word[start : start + _PIECE]
        for word in _SEPARATORS.split(text)
        for start in range(0, len(word), _PIECE)
    )
    return sum(zxcvbn(piece).guesses_log10 for piece in pieces) / math.log10(2)
