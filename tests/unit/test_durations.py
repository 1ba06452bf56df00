"""Durations as settings spell them, and as pages and emails show them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authsite.durations import format_duration, humanize, parse_duration

SECOND = timedelta(seconds=1)


@given(st.integers(1, 9_999_999))
def test_formatted_duration_is_parsed_back(seconds):
    assert parse_duration(format_duration(seconds * SECOND)) == seconds * SECOND


def test_duration_without_a_unit_is_in_seconds():
    assert parse_duration("90") == 90 * SECOND


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "05",
        "m",
        "0m",
        "05m",
        "5 m",
        "5M",
        "-5m",
        "1h30m",
        "5m ",
        "\u0665m",
        "1.5h",
        "99999999s",
    ],
)
def test_malformed_duration_is_refused(text):
    with pytest.raises(ValueError, match=text or "^$"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "1 second"),
        (1, "1 second"),
        (1.2, "2 seconds"),
        (2.2, "3 seconds"),
        (30, "30 seconds"),
        (119, "119 seconds"),
        (120, "2 minutes"),
        (121, "3 minutes"),
        (3600, "60 minutes"),
        (7200, "2 hours"),
        (7201, "3 hours"),
        (2 * 86400, "2 days"),
    ],
)
def test_humanize_rounds_up_to_a_whole_unit(seconds, words):
    assert humanize(seconds * SECOND) == words


@given(st.integers(2, 10**8))
def test_humanized_wait_is_never_too_short(seconds):
    number, name = humanize(seconds * SECOND).split()
    unit = timedelta(**{name: 1})
    assert seconds * SECOND <= int(number) * unit < seconds * SECOND + unit
