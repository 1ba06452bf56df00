"""Durations in the notation of settings (`90s`, `15m`, `90`) and in words ("15 minutes")."""

import re
from datetime import timedelta

_SHAPE = re.compile(r"([1-9][0-9]{0,6})([smhd]?)")
_UNITS = {
    "d": (timedelta(days=1), "day"),
    "h": (timedelta(hours=1), "hour"),
    "m": (timedelta(minutes=1), "minute"),
    "s": (timedelta(seconds=1), "second"),
}


def parse_duration(text: str) -> timedelta:
    """Return the duration of `90s`, `15m`, `12h`, `30d` or `90` seconds; raises `ValueError`."""
    match = _SHAPE.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return int(match[1]) * _UNITS[match[2] or "s"][0]


def format_duration(duration: timedelta) -> str:
    """Return whole seconds in the shortest notation that `parse_duration` reads."""
    letter, (unit, _) = next(each for each in _UNITS.items() if not duration % each[1][0])
    return f"{duration // unit}{letter}"


def humanize(duration: timedelta) -> str:
    """Return the duration in words, rounded up to one unit."""
    for unit, name in _UNITS.values():
        if duration >= 2 * unit:
            return f"{-(-duration // unit)} {name}s"
    return "1 second" if duration <= timedelta(seconds=1) else "2 seconds"
