"""Rate limits: `10/5m`, or `10/5m..1h` with delays that grow."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from authsite.durations import format_duration, parse_duration

#: The first delay; each further one is twice as long (NIST SP 800-63B-4 3.2.2).
FIRST_DELAY = timedelta(seconds=30)

# With units: `10/5` could mean seconds or minutes.
_SHAPE = re.compile(r"([1-9][0-9]{0,8})/([^.]+[smhd])(?:\.\.(.+[smhd]))?")


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `hits` in a `period`, which begins with the first hit.

    Further attempts are refused until the period ends. With a `max_delay`, one more is allowed
    after each delay instead, and the delays grow from `FIRST_DELAY` up to it.
    """

    hits: int
    period: timedelta
    max_delay: timedelta | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the limit that the text spells; raises `ValueError`."""
        match = _SHAPE.fullmatch(text)
        if match is None:
            raise ValueError(text)
        hits, period, delay = match.groups()
        limit = cls(int(hits), parse_duration(period), parse_duration(delay) if delay else None)
        try:
            limit.cooldown  # noqa: B018 - raises OverflowError
        except OverflowError:
            raise ValueError(text) from None
        return limit

    def __str__(self) -> str:
        text = f"{self.hits}/{format_duration(self.period)}"
        return f"{text}..{format_duration(self.max_delay)}" if self.max_delay else text

    @property
    def max_doublings(self) -> int:
        """How many times the first delay doubles until it reaches `max_delay`."""
        count, delay = 0, FIRST_DELAY
        while self.max_delay and delay < self.max_delay:
            count, delay = count + 1, delay * 2
        return count

    @property
    def cooldown(self) -> timedelta:
        """How long after the last delay the count starts again.

        It is long enough that waiting for it gives no more attempts than continuing.
        """
        return self.hits * self.max_delay if self.max_delay else timedelta(0)
