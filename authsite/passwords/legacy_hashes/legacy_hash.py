"""A hash of another system, and how that system may have spelled a password before hashing it."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

#: The named parts of a hash, as its pattern has found them.
Parts = Mapping[str, str]
#: Yields at most two, because each costs a hash.
Spellings = Callable[[str], Iterator[str]]

#: What PHP's `trim` removes and its `addslashes` escapes.
_PHP_SPACE = " \t\n\r\0\x0b"
_PHP_QUOTES = re.compile(r"""(['"\\])""")


def nfc(password: str) -> Iterator[str]:
    """Yield the password in NFC, and as entered: most systems do not normalize."""
    yield unicodedata.normalize("NFC", password)
    yield password


def nfkc(password: str) -> Iterator[str]:
    """Yield the password in NFKC, and as entered."""
    yield unicodedata.normalize("NFKC", password)
    yield password


def wordpress(password: str) -> Iterator[str]:
    """Yield the password without space around it, and with backslashes before its quotes.

    The forms of WordPress hash what `wp_magic_quotes` has made of the password, its programming
    interfaces do not. None normalizes it.
    """
    trimmed = password.strip(_PHP_SPACE)
    yield trimmed
    yield _PHP_QUOTES.sub(r"\\\1", trimmed)


@dataclass(frozen=True, slots=True)
class LegacyHash:
    """A hash of another system; if it is not affordable, no password matches it."""

    is_affordable: bool
    _verify: Callable[[bytes], bool] = field(repr=False)
    _spellings: Spellings = field(default=nfc, repr=False)

    def verify(self, password: str) -> bool:
        """Whether the password matches the hash in one of its spellings.

        For nearly all passwords they are equal, and one hash is computed. Raises
        `VerificationError` or `ValueError` when there is not enough memory.
        """
        spellings = dict.fromkeys(self._spellings(password))
        return self.is_affordable and any(self._verify(each.encode("utf-8")) for each in spellings)
