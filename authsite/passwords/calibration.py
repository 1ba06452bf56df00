"""Which costs of Argon2id a machine can bear, and what they are to who would guess passwords."""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from statistics import median

from argon2.low_level import Type, hash_secret_raw

#: What a password of zxcvbn's score 3 withstands, the weakest that the site accepts.
GUESSES = 10**8

_MIB = 1024
_HASHES_A_CORE = 5
_SALT_BYTES = 16
_HASH_BYTES = 32
_YEAR = 365.25 * 86400


@dataclass(frozen=True, slots=True)
class Costs:
    """Memory in KiB, and passes over it; one lane, since the other cores hash for others."""

    memory: int
    passes: int


#: What OWASP takes for equally strong, the fewest passes first; less is never proposed.
LEAST = (Costs(47_104, 1), Costs(19_456, 2), Costs(12_288, 3), Costs(9_216, 4), Costs(7_168, 5))
#: The most that the settings take.
MOST = Costs(4_194_304, 100)

Measure = Callable[[Costs], float]


class TooLittleMemory(Exception):
    """Not even the costs with the least memory find room."""


class TargetMissed(Exception):
    """The fastest costs that are allowed take longer than a hash may take."""

    def __init__(self, costs: Costs, seconds: float) -> None:
        super().__init__(costs, seconds)
        self.costs = costs
        self.seconds = seconds


def propose_costs(measure: Measure, *, target: float, memory: int) -> tuple[Costs, float]:
    """Return costs for hashes of at most `target` seconds and `memory` KiB, and how long one takes.

    Memory goes before passes, as it is what an attacker's machines have least of (RFC 9106, 4).
    Raises `TooLittleMemory` or `TargetMissed`.
    """
    measured = cache(measure)
    least = _least_that_fit(measured, target=target, memory=memory)
    costs = _with_more_memory(least, measured, target=target, memory=memory)
    costs = _with_more_passes(costs, measured, target=target)
    return costs, measured(costs)


def measure_here(costs: Costs, *, at_once: int) -> float:
    """Return how many seconds one hash takes on this machine, the median, while `at_once` run."""

    def seconds(salt: bytes) -> float:
        begun = time.perf_counter()
        hash_secret_raw(
            b"password",
            salt,
            time_cost=costs.passes,
            memory_cost=costs.memory,
            parallelism=1,
            hash_len=_HASH_BYTES,
            type=Type.ID,
        )
        return time.perf_counter() - begun

    salts = [os.urandom(_SALT_BYTES) for _ in range(at_once * _HASHES_A_CORE)]
    with ThreadPoolExecutor(at_once) as pool:
        return median(pool.map(seconds, salts))


def cost_of_guessing(costs: Costs, *, seconds: float) -> str:
    """Say what a stolen hash is worth, when one takes so many seconds of a core."""
    core_years = GUESSES * seconds / _YEAR
    return (
        f"With m={costs.memory}, t={costs.passes}, p=1 a hash takes "
        f"{seconds * 1000:.0f} ms of one core of this machine, and so does each guess at a stolen "
        "hash: the 10⁸ guesses that the weakest accepted password withstands (zxcvbn score 3) "
        f"cost {core_years:.2g} core-years, for each hash."
    )


def _least_that_fit(measured: Measure, *, target: float, memory: int) -> Costs:
    fitting = [costs for costs in LEAST if costs.memory <= memory]
    if not fitting:
        raise TooLittleMemory
    for costs in fitting:
        if measured(costs) <= target:
            return costs
    fastest = min(fitting, key=measured)
    raise TargetMissed(fastest, measured(fastest))


def _with_more_memory(least: Costs, measured: Measure, *, target: float, memory: int) -> Costs:
    """Time goes with memory, nearly; so take what that promises, then a tenth less each time."""
    promised = int(least.memory * target / measured(least))
    size = min(memory, promised, MOST.memory) // _MIB * _MIB
    while size > least.memory and measured(Costs(size, least.passes)) > target:
        size = size * 9 // 10 // _MIB * _MIB
    return Costs(max(size, least.memory), least.passes)


def _with_more_passes(least: Costs, measured: Measure, *, target: float) -> Costs:
    promised = int(least.passes * target / measured(least))
    passes = max(least.passes, min(promised, MOST.passes))
    while passes > least.passes and measured(Costs(least.memory, passes)) > target:
        passes -= 1
    return Costs(least.memory, passes)
