"""Parsing how other systems and spreadsheets write times."""

import re
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Larger numbers are milliseconds: as seconds this is the year 5138.
_MILLISECONDS_FROM = 100_000_000_000
#: Smaller ones, except 0, would be times before March 1973, and are something else.
_SECONDS_FROM = 100_000_000
_NUMBER = re.compile(r"[0-9]{1,15}")
#: ISO 8601 without hyphens.
_DATE = re.compile(r"(19|20)[0-9]{6}")
#: How spreadsheets store a time: days since 1900, or on some computers since 1904.
_DAY_NUMBER = re.compile(r"[1-9][0-9]{4}([.,][0-9]+)?")
#: How MySQL writes that there is no time.
_NO_TIME = re.compile(r"NULL|0000-00-00( 00:00:00(\.0+)?)?")
_LOCAL = re.compile(
    r"(?P<first>[0-9]{1,2})(?P<mark>[./-])(?P<second>[0-9]{1,2})(?P=mark)(?P<year>[0-9]{4})"
    r"(?:,?\s+(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<seconds>[0-9]{2}))?"
    r"(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?)?"
)
_NOON = 12


class UnreadableTime(ValueError):
    """The text looks like a time, but its meaning is not known; the message does not quote it."""


def parse_time(text: str, *, day_first: bool | None = None) -> datetime | None:
    """Return the time, None for an empty text; raise `ValueError`.

    It is in ISO 8601, in UTC unless it has a zone, or a number of seconds or milliseconds since
    1970, which is how Prisma stores times in SQLite. `day_first` is the order of dates with slashes
    and hyphens; without it, only those with dots are read, whose day is first everywhere.
    """
    if not text or _NO_TIME.fullmatch(text):
        return None
    try:
        if _NUMBER.fullmatch(text) and not _DATE.fullmatch(text):
            return _since_1970(int(text))
        if _DAY_NUMBER.fullmatch(text):
            raise UnreadableTime("a day number of a spreadsheet: format the column as yyyy-mm-dd")
        local = _LOCAL.fullmatch(text)
        if local:
            return _local_time(local, day_first=day_first)
        time = datetime.fromisoformat(text.removesuffix(" UTC"))
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("not a time that can be stored") from error


def _since_1970(number: int) -> datetime:
    if 0 < number < _SECONDS_FROM:
        raise UnreadableTime(
            "a number too small for a time: in a spreadsheet, format the column as yyyy-mm-dd"
        )
    unit = timedelta(milliseconds=1) if number >= _MILLISECONDS_FROM else timedelta(seconds=1)
    return _EPOCH + number * unit


def _local_time(match: re.Match[str], *, day_first: bool | None) -> datetime:
    if match["mark"] == ".":
        day_first = True
    if day_first is None:
        raise UnreadableTime("a date whose order is unknown: name it with --dates")
    first, second = int(match["first"]), int(match["second"])
    day, month = (first, second) if day_first else (second, first)
    hour = int(match["hour"] or 0)
    if match["half"]:
        hour = hour % _NOON + (_NOON if match["half"] in "Pp" else 0)
    times = (hour, int(match["minute"] or 0), int(match["seconds"] or 0))
    return datetime(int(match["year"]), month, day, *times, tzinfo=UTC)
