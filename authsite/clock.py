"""The time of day, asked for in one place and handed inward as a value."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def utc_now() -> datetime:
    """Now, aware and in UTC: the only kind of time that the site stores or compares."""
    return datetime.now(UTC)


def milliseconds_of(moment: datetime) -> int:
    """Return the moment as milliseconds since 1970, for columns that databases compute with."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)
