"""The strength meter: zxcvbn, with a bound on what it costs."""

from collections.abc import Sequence
from math import prod

from zxcvbn_rs_py import zxcvbn

#: Of zxcvbn's 0 to 4: 3 is "safely unguessable", beyond 10^8 guesses.
MINIMUM_STRENGTH = 3

#: zxcvbn reads digits and symbols as letters, in every combination of one sign for each letter.
#: These are the signs of the letters that have several: a, c, g, i, l, s and t.
_SIGNS = tuple(map(frozenset, ("4@", "({[<", "69", "1!|", "1|7", "$5", "+7")))
#: zxcvbn's time grows with the combinations and with the square of the length. Within these two
#: bounds, the slowest password that we found takes 17 ms (2 cores, Python 3.11); without them,
#: seconds. Up to 13 characters are always within them.
_MAX_LENGTH = 64
_MAX_WORK = 2**16


def explain_guessable(password: str, words: Sequence[str]) -> str | None:
    """Return why the password is easy to guess; None if it withstands 10^8 guesses.

    `words` are what an attacker would guess first. A long password is rated by its beginning: if
    that is hard to guess, the whole is too.
    """
    estimate = zxcvbn(_beginning(password), list(words))
    if int(estimate.score) >= MINIMUM_STRENGTH:
        return None
    feedback = estimate.feedback
    if feedback and feedback.warning:
        return str(feedback.warning)
    return "This password is easy to guess."


def _beginning(password: str) -> str:
    """Return the longest beginning within the bounds; of a repetition, whole repeats."""
    lengths = range(min(len(password), _MAX_LENGTH), 0, -1)
    length = next(length for length in lengths if _work(password[:length]) <= _MAX_WORK)
    period = (password + password).find(password, 1)
    return password[: length - length % period if period <= length else length]


def _work(text: str) -> int:
    characters = frozenset(text)
    return len(text) ** 2 * prod(max(1, len(signs & characters)) for signs in _SIGNS)
