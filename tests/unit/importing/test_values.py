"""Texts, times and booleans, as other systems write them."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authsite.importing.times import parse_time
from authsite.importing.values import parse_bool, parse_verified, to_text

TIME = datetime(2024, 5, 1, 12, 0, 0, 123000, UTC)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("Ada ", "Ada "),
        (42, "42"),
        (True, "True"),
        (1.5, "1.5"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (TIME, "2024-05-01T12:00:00.123000+00:00"),
    ],
)
def test_cell_is_converted_to_text(value, text):
    assert to_text(value) == text


@pytest.mark.parametrize("value", [b"Ada", ["Ada"], {"name": "Ada"}, object()])
def test_value_of_another_type_is_refused(value):
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
        TIME.isoformat(),
        TIME.astimezone(timezone(timedelta(hours=-7))).isoformat(),
    ],
)
def test_time_is_parsed_in_every_form(text):
    time = parse_time(text)
    assert time == TIME
    assert time.tzinfo is UTC


def test_time_is_parsed_from_seconds():
    assert parse_time("1714564800") == TIME.replace(microsecond=0)
    assert parse_time("0") == datetime(1970, 1, 1, tzinfo=UTC)


def test_empty_cell_is_no_time():
    assert parse_time("") is None


@pytest.mark.parametrize(
    "text",
    ["yesterday", "2024-13-01", "-5", "999999999999999", "9" * 30, "0001-01-01T00:00:00+23:00"],
)
def test_malformed_time_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 - of several sentences
        parse_time(text)


@given(st.text())
def test_any_text_is_a_utc_time_or_refused(text):
    try:
        time = parse_time(text)
    except ValueError:
        return
    assert time is None or time.tzinfo is UTC


@pytest.mark.parametrize("text", ["true", "True", "t", "1", "yes", "Y", "on"])
def test_true_has_many_spellings(text):
    assert parse_bool(text)
    assert parse_verified(text, default=TIME) == TIME


@pytest.mark.parametrize("text", ["", "false", "False", "f", "0", "no", "NULL"])
def test_false_has_many_spellings(text):
    assert not parse_bool(text)
    assert parse_verified(text, default=TIME) is None


def test_verified_may_be_a_time():
    assert parse_verified("2024-05-01 12:00:00.123", default=datetime.now(UTC)) == TIME
    with pytest.raises(ValueError, match="perhaps"):
        parse_verified("perhaps", default=TIME)
    with pytest.raises(ValueError, match="neither yes nor no"):
        parse_bool("perhaps")
