"""The time of day, asked for in one place and handed inward as a value."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Now, aware and in UTC: the only kind of time that the site stores or compares."""
    return datetime.now(UTC)
