"""Parsing how other systems write text, booleans and times."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Larger numbers are milliseconds: as seconds this is the year 5138.
_MILLISECONDS_FROM = 100_000_000_000
_NUMBER = re.compile(r"[0-9]{1,15}")
_YES = {"true", "t", "yes", "y", "1", "on"}
_NO = {"", "false", "f", "no", "n", "0", "off", "null", "none"}


def to_text(value: object) -> str:
    """Return the text of a cell, "" for an empty one; raise `ValueError` for other types."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str | int | float | UUID):
        return str(value)
    raise ValueError("neither text nor a number")


def parse_time(text: str) -> datetime | None:
    """Return the time, None for an empty text; raise `ValueError`.

    It is in ISO 8601, in UTC unless it has a zone, or a number of seconds or milliseconds since
    1970, which is how Prisma stores times in SQLite.
    """
    if not text:
        return None
    try:
        if _NUMBER.fullmatch(text):
            return _since_1970(int(text))
        time = datetime.fromisoformat(text)
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("not a time that can be stored") from error


def parse_bool(text: str) -> bool:
    """Return the boolean; an empty text is False. Raises `ValueError`."""
    lowered = text.lower()
    if lowered not in _YES | _NO:
        raise ValueError("neither yes nor no")
    return lowered in _YES


def parse_verified(text: str, *, default: datetime) -> datetime | None:
    """Return the time of verification from a time or a boolean; `default` for "yes"."""
    try:
        return default if parse_bool(text) else None
    except ValueError:
        return parse_time(text)


def _since_1970(number: int) -> datetime:
    unit = timedelta(milliseconds=1) if number >= _MILLISECONDS_FROM else timedelta(seconds=1)
    return _EPOCH + number * unit
