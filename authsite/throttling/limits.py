"""How often something may be tried: `10/5m`, or `10/5m..1h` with waits that grow."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from authsite.durations import format_duration, parse_duration

#: The first of the waits that grow; each further one is twice as long (NIST SP 800-63B-4, 3.2.2).
FIRST_DELAY = timedelta(seconds=30)

_SHAPE = re.compile(r"([1-9][0-9]{0,8})/([^.]+)(?:\.\.(.+))?")


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most `hits` in a `period`, which begins with the first of them.

    With a `max_delay` the last of them is followed by a wait and one more try, and so on; the
    waits grow from `FIRST_DELAY` up to it. Without, everything waits for the end of the period.
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
        hits, period, longest = match.groups()
        limit = cls(int(hits), parse_duration(period), parse_duration(longest) if longest else None)
        try:
            limit.memory  # noqa: B018 - for its error
        except OverflowError:
            raise ValueError(text) from None
        return limit

    def __str__(self) -> str:
        text = f"{self.hits}/{format_duration(self.period)}"
        return f"{text}..{format_duration(self.max_delay)}" if self.max_delay else text

    @property
    def max_doublings(self) -> int:
        """How often the first wait is doubled before it would be longer than the longest."""
        count, wait = 0, FIRST_DELAY
        while self.max_delay and wait < self.max_delay:
            count, wait = count + 1, wait * 2
        return count

    @property
    def memory(self) -> timedelta:
        """How long after the last wait the hits are forgotten.

        So long that who was held up and waits for that gets no more tries than who goes on.
        """
        return self.hits * self.max_delay if self.max_delay else timedelta(0)
