"""The current time; flows get it as a value."""

from datetime import UTC, date, datetime, time, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def utc_now() -> datetime:
    """Return the current time, aware and in UTC, like all times that are stored or compared."""
    return datetime.now(UTC)


def midnight_of(day: str) -> datetime:
    """Return when a day like 2026-11-30 begins, in UTC; raises `ValueError`."""
    return datetime.combine(date.fromisoformat(day), time(), UTC)


def midnight_after(day: str) -> datetime:
    """Return when a day ends, in UTC; raises `ValueError`, or `OverflowError` after year 9999."""
    return midnight_of(day) + timedelta(days=1)


def to_milliseconds(moment: datetime) -> int:
    """Return milliseconds since 1970, for columns that statements calculate with."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)
