"""Checks that text is safe to store and to show."""

import unicodedata

#: U+FFFD replaces bytes that are not UTF-8.
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_JOINERS = {"\N{ZERO WIDTH JOINER}", "\N{ZERO WIDTH NON-JOINER}"}


def trimmed(text: str | None) -> str:
    """Return the text without surrounding space, in NFC."""
    return unicodedata.normalize("NFC", (text or "").strip())


def is_readable(text: str) -> bool:
    """Whether the text has no control characters, surrogates or replaced bytes."""
    return not any(
        unicodedata.category(each) in {"Cc", "Cs"} or each == _REPLACEMENT for each in text
    )


def is_visible(text: str) -> bool:
    """Whether the text is visible and does not reorder the text around it (ASVS 1.3.3).

    Of the format characters, only the joiners occur in names.
    """
    formatting = {each for each in text if unicodedata.category(each) == "Cf"}
    return not (formatting - _JOINERS or not set(text) - formatting - {" "})
