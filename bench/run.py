"""One run of the benchmark: how long and on which cores."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Run:
    """What all measures share. `folder` is thrown away at the end; `seconds` is for one load."""

    folder: Path
    rounds: int
    seconds: int
    cores: tuple[int, ...]
    quick: bool

    @property
    def server_core(self) -> int:
        """Where a pinned server runs."""
        return self.cores[0]

    @property
    def load_core(self) -> int:
        """Where the load generator of a pinned server runs: not where the server does."""
        return self.cores[-1]

    def rows(self, number: int) -> int:
        """Return how many rows to make where the wanted figure speaks of `number`."""
        return number // 10 if self.quick else number

    def take_turns(self, **measured: Callable[[], float]) -> dict[str, list[float]]:
        """Measure A, B, A, B, …, so that what disturbs the machine disturbs them all alike."""
        taken: dict[str, list[float]] = {name: [] for name in measured}
        for _ in range(self.rounds):
            for name, measure in measured.items():
                taken[name].append(measure())
        return taken


def median_ratio(dividends: list[float], divisors: list[float]) -> float:
    """Return the median of the quotients, each of one round."""
    return statistics.median(a / b for a, b in zip(dividends, divisors, strict=True))
