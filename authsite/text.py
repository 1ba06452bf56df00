"""Whether a text can be read by people, as what stands on a page has to be."""

import unicodedata

#: U+FFFD is what bytes become that were no UTF-8.
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_JOINERS = {"\N{ZERO WIDTH JOINER}", "\N{ZERO WIDTH NON-JOINER}"}


def trimmed(text: str | None) -> str:
    """Return the text without surrounding space, in NFC."""
    return unicodedata.normalize("NFC", (text or "").strip())


def is_readable(text: str) -> bool:
    """Whether no character is one that nobody can have meant to type."""
    return not any(
        unicodedata.category(each) in {"Cc", "Cs"} or each == _REPLACEMENT for each in text
    )


def is_visible(text: str) -> bool:
    """Whether it can be seen, and turns nothing around that stands beside it (ASVS 1.3.3).

    Among the characters without a shape only the joiners are part of how names are written.
    """
    shapeless = {each for each in text if unicodedata.category(each) == "Cf"}
    return not (shapeless - _JOINERS or not set(text) - shapeless - {" "})
