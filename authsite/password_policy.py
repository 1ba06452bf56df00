"""Which passwords are worth having, and how a person is told that one is not."""

from collections.abc import Iterable
from dataclasses import dataclass

from zxcvbn_rs_py import zxcvbn

from authsite.common_passwords import is_common
from authsite.passwords import MAXIMUM_LENGTH, normalized

#: Of zxcvbn's 0 to 4: 3 is "safely unguessable", beyond 10^8 guesses.
MINIMUM_STRENGTH = 3
#: Shorter words ("Al", "com") occur in good passwords by chance.
SHORTEST_WORD_LOOKED_FOR = 4

_COMMON = "Many people use this password."
_WEAK = "It is easy to guess."
_ADVICE = "A few unrelated words make a good password."


@dataclass(frozen=True, kw_only=True)
class PasswordPolicy:
    """What this site asks of a new password. There are no rules of composition (ASVS 6.2.5).

    `words` are those that nobody's password may contain: the name of the site and what belongs to
    its organization (ASVS 6.1.2, 6.2.11).
    """

    minimum_length: int
    words: tuple[str, ...] = ()

    def weakness_of(self, password: str, *, words: Iterable[str]) -> str | None:
        """Say in a sentence why this password is not worth having, or return None when it is.

        `words` are the person's own, their names and address, which an attacker would try first.
        What costs more to find out is asked later.
        """
        password = normalized(password)
        if len(password) < self.minimum_length:
            return f"Use at least {self.minimum_length} characters."
        if len(password) > MAXIMUM_LENGTH:
            return f"Use at most {MAXIMUM_LENGTH} characters."
        if is_common(password):
            return f"{_COMMON} {_ADVICE}"
        words = [normalized(word) for word in (*words, *self.words) if word]
        folded = password.casefold()
        for word in words:
            if len(word) >= SHORTEST_WORD_LOOKED_FOR and word.casefold() in folded:
                return f"Leave out “{word}”: it is what others would try first."
        estimate = zxcvbn(password, words)
        if int(estimate.score) < MINIMUM_STRENGTH:
            feedback = estimate.feedback
            reason = str(feedback.warning) if feedback and feedback.warning else _WEAK
            return f"{reason} {_ADVICE}"
        return None
