"""Parsing how other systems write text, booleans and times of verification."""

from datetime import datetime
from uuid import UUID

from authsite.importing.times import parse_time

#: Also the words of spreadsheets in German, French, Spanish and Italian.
_YES = {"true", "t", "yes", "y", "1", "on", "wahr", "vrai", "verdadero", "vero"}
_NO = {
    *("", "false", "f", "no", "n", "0", "off", "null", "none"),
    *("falsch", "faux", "falso"),
}


def to_text(value: object) -> str:
    """Return the text of a cell, "" for an empty one; raise `ValueError` for other types."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str | int | float | UUID):
        return str(value)
    raise ValueError("neither text nor a number")


def parse_bool(text: str) -> bool:
    """Return the boolean; an empty text is False. Raises `ValueError`."""
    lowered = text.lower()
    if lowered not in _YES | _NO:
        raise ValueError("neither yes nor no")
    return lowered in _YES


def parse_verified(
    text: str, *, default: datetime, day_first: bool | None = None
) -> datetime | None:
    """Return the time of verification from a time or a boolean; `default` for "yes"."""
    try:
        return default if parse_bool(text) else None
    except ValueError:
        return parse_time(text, day_first=day_first)
