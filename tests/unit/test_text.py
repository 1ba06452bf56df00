"""Texts that people can read, and texts that only look like some."""

import pytest

from authsite.text import is_readable, is_visible, trimmed


@pytest.mark.parametrize("text", ["", "Ada", "Renée", "王小明", "a\u200db", "two  words"])
def test_what_people_write_can_be_read(text):
    assert is_readable(text)


@pytest.mark.parametrize("text", ["a\0", "a\nb", "a\x7f", "a\x9f", "Ren\ufffde", "a\ud800"])
def test_what_nobody_can_have_meant_to_type_is_not_readable(text):
    """Control characters, bytes that were no UTF-8, and halves of characters."""
    assert not is_readable(text)


@pytest.mark.parametrize("text", ["", " ", "\u200d", "\u200b", "a\u202eb", "a\u2066b"])
def test_what_cannot_be_seen_or_turns_others_around_is_not_visible(text):
    assert not is_visible(text)


@pytest.mark.parametrize("text", ["Ada", "a\u200db", "van der Berg", "-"])
def test_names_are_visible(text):
    assert is_visible(text)


def test_surrounding_space_goes_and_accents_are_composed():
    assert trimmed("  Rene\u0301e \n") == "Ren\u00e9e"
    assert trimmed(None) == ""
