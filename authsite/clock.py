"""The current time; flows get it as a value."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def utc_now() -> datetime:
    """Return the current time, aware and in UTC, like all times that are stored or compared."""
    return datetime.now(UTC)


def to_milliseconds(moment: datetime) -> int:
    """Return milliseconds since 1970, for columns that statements calculate with."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)
