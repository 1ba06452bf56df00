"""One run of the benchmark: how long and on which cores."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Run:
    """What all measures share. `folder` is temporary; `seconds` is the duration of a load."""

    folder: Path
    rounds: int
    seconds: int
    cores: tuple[int, ...]
    quick: bool

    @property
    def server_core(self) -> int:
        """The core of a pinned server."""
        return self.cores[0]

    @property
    def load_core(self) -> int:
        """The core of the load generator of a pinned server: another one."""
        return self.cores[-1]

    def rows(self, number: int) -> int:
        """Return the number of rows to insert: a tenth of `number` in a quick run."""
        return number // 10 if self.quick else number

    def take_turns(self, **measured: Callable[[], float]) -> dict[str, list[float]]:
        """Measure A, B, A, B, …, so that other load on the machine affects them all alike."""
        taken: dict[str, list[float]] = {name: [] for name in measured}
        for _ in range(self.rounds):
            for name, measure in measured.items():
                taken[name].append(measure())
        return taken


def median_ratio(dividends: list[float], divisors: list[float]) -> float:
    """Return the median of the quotients of the rounds."""
    return statistics.median(a / b for a, b in zip(dividends, divisors, strict=True))
