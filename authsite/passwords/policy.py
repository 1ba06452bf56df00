"""The rules for new passwords, and the messages for weak ones."""

from collections.abc import Iterable
from dataclasses import dataclass

from authsite.passwords.breached import BreachedPasswords
from authsite.passwords.common_passwords import is_common
from authsite.passwords.hasher import MAXIMUM_LENGTH, normalized
from authsite.passwords.strength import explain_guessable

#: The least that the setting allows. The strength meter accepts random passwords of this length, so
#: the rule in the form is the rule that is applied; of 8 characters it accepts none.
MIN_MINIMUM_LENGTH = 12
#: Shorter words ("Al", "com") occur in good passwords by chance.
MIN_BLOCKED_WORD = 4

_ADVICE = "Use a few unrelated words."


@dataclass(frozen=True, kw_only=True)
class PasswordPolicy:
    """What a site requires of new passwords; there are no composition rules (ASVS 6.2.5).

    No password may contain a word of `blocklist`: the name of the site and words of its
    organization (ASVS 6.1.2, 6.2.11).
    """

    minimum_length: int
    blocklist: tuple[str, ...] = ()
    breached: BreachedPasswords | None = None

    def explain_weakness(self, password: str, *, words: Iterable[str]) -> str | None:
        """Return why the password is weak, in a sentence; None if it is accepted.

        `words` are the user's name and email address, which an attacker would guess first. Cheaper
        rules come first. Raises `BreachedPasswordsUnreadable`.
        """
        password = normalized(password)
        words = [normalized(word) for word in (*words, *self.blocklist) if word]
        return (
            self.explain_wrong_length(password)
            or _common(password)
            or _own_word(password, words)
            or _guessable(password, words)
            or self._breached(password)
        )

    def explain_wrong_length(self, password: str) -> str | None:
        """Return why the length of the password, in NFC, is refused; None if it is accepted.

        It costs next to nothing and depends on no user.
        """
        if len(password) < self.minimum_length:
            return f"Use at least {self.minimum_length} characters."
        if len(password) > MAXIMUM_LENGTH:
            return f"Use at most {MAXIMUM_LENGTH} characters."
        return None

    def _breached(self, password: str) -> str | None:
        if self.breached is None or password not in self.breached:
            return None
        return "This password has appeared in a data breach. Choose another one."


def _common(password: str) -> str | None:
    return f"This password is too common. {_ADVICE}" if is_common(password) else None


def _own_word(password: str, words: Iterable[str]) -> str | None:
    folded = password.casefold()
    for word in words:
        if len(word) >= MIN_BLOCKED_WORD and word.casefold() in folded:
            return f"Don't use “{word}” in your password; it's easy to guess."
    return None


def _guessable(password: str, words: list[str]) -> str | None:
    reason = explain_guessable(password, words)
    return f"{reason} {_ADVICE}" if reason else None
