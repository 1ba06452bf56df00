"""Durations as settings spell them (`90s`, `15m`) and as people say them ("15 minutes")."""

import re
from datetime import timedelta

_SHAPE = re.compile(r"([1-9][0-9]{0,6})([smhd])")
_UNITS = {
    "d": (timedelta(days=1), "day"),
    "h": (timedelta(hours=1), "hour"),
    "m": (timedelta(minutes=1), "minute"),
    "s": (timedelta(seconds=1), "second"),
}


def parse_duration(text: str) -> timedelta:
    """Return how long `90s`, `15m`, `12h` or `30d` is; raises `ValueError`."""
    match = _SHAPE.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return int(match[1]) * _UNITS[match[2]][0]


def spelled(duration: timedelta) -> str:
    """Return the shortest text that `parse_duration` reads as these whole seconds."""
    letter, (unit, _) = next(each for each in _UNITS.items() if not duration % each[1][0])
    return f"{duration // unit}{letter}"


def humanize(duration: timedelta) -> str:
    """Return how long that is, for people: never less, and no more exact than they need it."""
    for unit, name in _UNITS.values():
        if duration >= 2 * unit:
            return f"{-(-duration // unit)} {name}s"
    return "1 second" if duration <= timedelta(seconds=1) else "2 seconds"
