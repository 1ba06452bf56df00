"""Readable and visible text."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authsite.text import (
    describe_character,
    find_invisible,
    is_readable,
    is_visible,
    trimmed,
    trimmed_name,
)


@pytest.mark.parametrize("text", ["", "Ada", "Renée", "王小明", "a\u200db", "two  words"])
def test_ordinary_text_is_readable(text):
    assert is_readable(text)


@pytest.mark.parametrize("text", ["a\0", "a\nb", "a\x7f", "a\x9f", "Ren\ufffde", "a\ud800"])
def test_control_and_broken_characters_are_not_readable(text):
    """Control characters, bytes that were not UTF-8, and lone surrogates."""
    assert not is_readable(text)


@pytest.mark.parametrize(
    "text", ["", " ", "\u200d", "\u200d\u2003\u200d", "\u200b", "a\u202eb", "a\u2066b"]
)
def test_invisible_and_bidi_characters_are_not_visible(text):
    assert not is_visible(text)


@pytest.mark.parametrize("text", ["Ada", "a\u200db", "van der Berg", "-"])
def test_names_are_visible(text):
    assert is_visible(text)


def test_trimmed_strips_space_and_composes_accents():
    assert trimmed("  Rene\u0301e \n") == "Ren\u00e9e"
    assert trimmed(None) == ""


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (" Rene\u0301e\u200d", "Ren\u00e9e"),
        ("\u200cAda \u200d \u200c", "Ada"),
        ("a\u200db", "a\u200db"),
        ("a \u200d b", "a \u200d b"),
        ("\u200d \u200c", "\u200d \u200c"),
        (" ", ""),
        (None, ""),
    ],
)
def test_trimmed_name_has_no_joiner_at_its_ends(text, name):
    assert trimmed_name(text) == name


@pytest.mark.parametrize(
    ("text", "position", "description"),
    [
        ("Ada\t", 3, "tab after “Ada”"),
        ("Ada \r", 4, "line break after “Ada”"),
        ("\0Ada", 0, "control character at the beginning"),
        ("\u202eAda\0", 4, "control character after “Ada”"),
        ("Ada\u00ad", 3, "invisible character (soft hyphen) after “Ada”"),
        ("a\ud800", 1, "unreadable character after “a”"),
        ("ab\ufffd", 2, "unreadable character after “ab”"),
        ("a\u2003b", 1, "space after “a”"),
        ("a,b", 1, "“,” after “a”"),
        ("x" * 30 + ",", 30, f"“,” after “{'x' * 20}”"),
    ],
)
def test_character_is_described_with_its_place(text, position, description):
    assert describe_character(text, position) == description


def test_description_of_a_secret_has_none_of_its_text():
    assert describe_character("hunter2\t", 7, is_secret=True) == "tab at position 8"


@given(st.text(min_size=1))
def test_description_is_visible_text(text):
    for position in range(len(text)):
        description = describe_character(text, position)
        if unicodedata.category(text[position])[0] in "LMNPS":
            description = description.replace(text[position], "")
        assert is_readable(description)
        assert find_invisible(description) is None
