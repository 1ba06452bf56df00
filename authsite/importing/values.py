"""What other systems write for a text, for yes and no, and for a moment."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: More than this are milliseconds: as seconds it would be the year 5138.
_MILLISECONDS_FROM = 100_000_000_000
_NUMBER = re.compile(r"[0-9]{1,15}")
_YES = {"true", "t", "yes", "y", "1", "on"}
_NO = {"", "false", "f", "no", "n", "0", "off", "null", "none"}


def text_of(value: object) -> str:
    """Return what a cell says, nothing for an empty one; raise `ValueError` if it is no text."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str | int | float | UUID):
        return str(value)
    raise ValueError("neither text nor a number")


def moment_of(text: str) -> datetime | None:
    """Return the moment that a text names, None for an empty one; raise `ValueError`.

    It is in ISO 8601, in UTC if it does not say otherwise, or a number of seconds or milliseconds
    since 1970, which is how Prisma keeps moments in SQLite.
    """
    if not text:
        return None
    try:
        if _NUMBER.fullmatch(text):
            return _since_1970(int(text))
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("not a time that can be stored") from error


def is_yes(text: str) -> bool:
    """Whether a text says yes; raise `ValueError` if it says neither that nor no."""
    said = text.lower()
    if said not in _YES | _NO:
        raise ValueError("neither yes nor no")
    return said in _YES


def proof_of(text: str, *, then: datetime) -> datetime | None:
    """Return when an address was proven: the moment that a text names, or `then` if it says yes."""
    try:
        return then if is_yes(text) else None
    except ValueError:
        return moment_of(text)


def _since_1970(number: int) -> datetime:
    unit = timedelta(milliseconds=1) if number >= _MILLISECONDS_FROM else timedelta(seconds=1)
    return _EPOCH + number * unit
