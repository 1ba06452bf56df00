"""Checks that text is safe to store and to show."""

import unicodedata

#: U+FFFD replaces bytes that are not UTF-8.
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_JOINERS = {"\N{ZERO WIDTH JOINER}", "\N{ZERO WIDTH NON-JOINER}"}
#: The control characters that have a name outside of standards.
_NAMES = {"\t": "tab", "\n": "line break", "\r": "line break"}
#: Characters that a message quotes.
_QUOTED = 20


def trimmed(text: str | None) -> str:
    """Return the text without surrounding space, in NFC."""
    return unicodedata.normalize("NFC", (text or "").strip())


def trimmed_lines(text: str | None) -> str:
    """Return the text as `trimmed` does, with a line feed at the end of each line."""
    return trimmed((text or "").replace("\r\n", "\n"))


def trimmed_name(text: str | None) -> str:
    """Return the text without surrounding space and joiners, which join nothing there, in NFC.

    A text of nothing else keeps its joiners.
    """
    name = trimmed(text)
    visible = [position for position, each in enumerate(name) if not _is_blank(each)]
    return name[visible[0] : visible[-1] + 1] if visible else name


def find_unreadable(text: str, *, except_: str = "") -> int | None:
    """Return the position of the first control character, surrogate or replaced byte, or None.

    Characters of `except_` are readable.
    """
    for position, each in enumerate(text):
        is_unreadable = unicodedata.category(each) in {"Cc", "Cs"} or each == _REPLACEMENT
        if is_unreadable and each not in except_:
            return position
    return None


def find_invisible(text: str) -> int | None:
    """Return the position of the first format character except joiners, or None."""
    for position, each in enumerate(text):
        if unicodedata.category(each) == "Cf" and each not in _JOINERS:
            return position
    return None


def is_readable(text: str) -> bool:
    """Whether the text has no control characters, surrogates or replaced bytes."""
    return find_unreadable(text) is None


def is_visible(text: str) -> bool:
    """Whether the text is visible and does not reorder the text around it (ASVS 1.3.3)."""
    return find_invisible(text) is None and not all(_is_blank(each) for each in text)


def describe_character(text: str, position: int, *, is_secret: bool = False) -> str:
    """Return what a character is and where it is, for a message: `tab after “Ada”`.

    It quotes only printable characters of the text, and none if the text is secret.
    """
    if is_secret:
        return f"{_name_of(text[position])} at position {position + 1}"
    before = "".join(each for each in text[:position] if each.isprintable())
    place = f"after “{before[-_QUOTED:].strip()}”" if before.strip() else "at the beginning"
    return f"{_name_of(text[position])} {place}"


def _is_blank(character: str) -> bool:
    return character.isspace() or character in _JOINERS


def _name_of(character: str) -> str:
    category = unicodedata.category(character)
    if character == _REPLACEMENT or category == "Cs":
        return "unreadable character"
    if category == "Cc":
        return _NAMES.get(character, "control character")
    if category == "Cf":
        return f"invisible character ({unicodedata.name(character).lower()})"
    return "space" if category == "Zs" else f"“{character}”"
