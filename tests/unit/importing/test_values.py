"""Texts, moments and yes or no, as other systems write them."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authsite.importing.values import parse_bool, parse_time, parse_verified, to_text

MOMENT = datetime(2024, 5, 1, 12, 0, 0, 123000, UTC)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("Ada ", "Ada "),
        (42, "42"),
        (True, "True"),
        (1.5, "1.5"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (MOMENT, "2024-05-01T12:00:00.123000+00:00"),
    ],
)
def test_what_a_cell_may_be_is_read_as_text(value, text):
    assert to_text(value) == text


@pytest.mark.parametrize("value", [b"Ada", ["Ada"], {"name": "Ada"}, object()])
def test_what_is_no_text_is_none(value):
    with pytest.raises(ValueError, match="neither text nor a number"):
        to_text(value)


@pytest.mark.parametrize(
    "text",
    [
        "1714564800123",
        "2024-05-01T12:00:00.123Z",
        "2024-05-01 12:00:00.123",
        "2024-05-01 12:00:00.123000",
        "2024-05-01T14:00:00.123+02:00",
        MOMENT.isoformat(),
        MOMENT.astimezone(timezone(timedelta(hours=-7))).isoformat(),
    ],
)
def test_a_moment_is_read_in_every_form(text):
    moment = parse_time(text)
    assert moment == MOMENT
    assert moment.tzinfo is UTC


def test_seconds_are_told_from_milliseconds():
    assert parse_time("1714564800") == MOMENT.replace(microsecond=0)
    assert parse_time("0") == datetime(1970, 1, 1, tzinfo=UTC)


def test_an_empty_cell_is_no_moment():
    assert parse_time("") is None


@pytest.mark.parametrize(
    "text",
    ["yesterday", "2024-13-01", "-5", "999999999999999", "9" * 30, "0001-01-01T00:00:00+23:00"],
)
def test_what_is_no_moment_is_told(text):
    with pytest.raises(ValueError):  # noqa: PT011 - of several sentences
        parse_time(text)


@given(st.text())
def test_any_text_is_a_moment_or_none(text):
    try:
        moment = parse_time(text)
    except ValueError:
        return
    assert moment is None or moment.tzinfo is UTC


@pytest.mark.parametrize("text", ["true", "True", "t", "1", "yes", "Y", "on"])
def test_yes_is_said_in_many_ways(text):
    assert parse_bool(text)
    assert parse_verified(text, default=MOMENT) == MOMENT


@pytest.mark.parametrize("text", ["", "false", "False", "f", "0", "no", "NULL"])
def test_no_is_said_in_many_ways(text):
    assert not parse_bool(text)
    assert parse_verified(text, default=MOMENT) is None


def test_a_proof_may_be_a_moment():
    assert parse_verified("2024-05-01 12:00:00.123", default=datetime.now(UTC)) == MOMENT
    with pytest.raises(ValueError, match="perhaps"):
        parse_verified("perhaps", default=MOMENT)
    with pytest.raises(ValueError, match="neither yes nor no"):
        parse_bool("perhaps")
