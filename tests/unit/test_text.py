"""Readable and visible text."""

import pytest

from authsite.text import is_readable, is_visible, trimmed


@pytest.mark.parametrize("text", ["", "Ada", "Renée", "王小明", "a\u200db", "two  words"])
def test_ordinary_text_is_readable(text):
    assert is_readable(text)


@pytest.mark.parametrize("text", ["a\0", "a\nb", "a\x7f", "a\x9f", "Ren\ufffde", "a\ud800"])
def test_control_and_broken_characters_are_not_readable(text):
    """Control characters, bytes that were not UTF-8, and lone surrogates."""
    assert not is_readable(text)


@pytest.mark.parametrize("text", ["", " ", "\u200d", "\u200b", "a\u202eb", "a\u2066b"])
def test_invisible_and_bidi_characters_are_not_visible(text):
    assert not is_visible(text)


@pytest.mark.parametrize("text", ["Ada", "a\u200db", "van der Berg", "-"])
def test_names_are_visible(text):
    assert is_visible(text)


def test_trimmed_strips_space_and_composes_accents():
    assert trimmed("  Rene\u0301e \n") == "Ren\u00e9e"
    assert trimmed(None) == ""
