"""Choosing costs of Argon2id for a machine, and what they cost an attacker."""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from statistics import median

from argon2.low_level import Type, hash_secret_raw

#: Guesses that the weakest accepted password withstands (zxcvbn score 3).
GUESSES = 10**8

_MIB = 1024
_HASHES_PER_CORE = 5
_SALT_BYTES = 16
_HASH_BYTES = 32
_YEAR = 365.25 * 86400


@dataclass(frozen=True, slots=True)
class Costs:
    """Memory in KiB, and passes over it; one lane, since other cores compute other hashes."""

    memory: int
    passes: int


#: OWASP's minimum, in equally strong variants; the fewest passes first.
MIN_COSTS = (Costs(47_104, 1), Costs(19_456, 2), Costs(12_288, 3), Costs(9_216, 4), Costs(7_168, 5))
#: The maximum of the settings.
MAX_COSTS = Costs(4_194_304, 100)

Measure = Callable[[Costs], float]


class TooLittleMemory(Exception):
    """The memory is too small even for the variant that needs the least."""


class TargetMissed(Exception):
    """A hash with the minimum costs takes longer than the target; the fastest variant is given."""

    def __init__(self, costs: Costs, seconds: float) -> None:
        super().__init__(costs, seconds)
        self.costs = costs
        self.seconds = seconds


def propose_costs(measure: Measure, *, target: float, memory: int) -> tuple[Costs, float]:
    """Return costs for hashes of at most `target` seconds and `memory` KiB, and their seconds.

    Memory is raised before passes, since attackers' machines are shortest of it (RFC 9106, 4).
    Raises `TooLittleMemory` or `TargetMissed`.
    """
    measured = cache(measure)
    minimum = _minimum_that_fits(measured, target=target, memory=memory)
    costs = _with_more_memory(minimum, measured, target=target, memory=memory)
    costs = _with_more_passes(costs, measured, target=target)
    return costs, measured(costs)


def measure_here(costs: Costs, *, at_once: int) -> float:
    """Return the median seconds of a hash on this machine while `at_once` are computed."""

    def seconds(salt: bytes) -> float:
        started = time.perf_counter()
        hash_secret_raw(
            b"password",
            salt,
            time_cost=costs.passes,
            memory_cost=costs.memory,
            parallelism=1,
            hash_len=_HASH_BYTES,
            type=Type.ID,
        )
        return time.perf_counter() - started

    salts = [os.urandom(_SALT_BYTES) for _ in range(at_once * _HASHES_PER_CORE)]
    with ThreadPoolExecutor(at_once) as pool:
        return median(pool.map(seconds, salts))


def cost_of_guessing(costs: Costs, *, seconds: float) -> str:
    """Return sentences on the cost of cracking a hash that takes `seconds` of a core."""
    core_years = GUESSES * seconds / _YEAR
    return (
        f"With m={costs.memory}, t={costs.passes}, p=1 a hash takes "
        f"{seconds * 1000:.0f} ms of one core of this machine, and so does each guess at a stolen "
        "hash: the 10⁸ guesses that the weakest accepted password withstands (zxcvbn score 3) "
        f"cost {core_years:.2g} core-years, for each hash."
    )


def _minimum_that_fits(measured: Measure, *, target: float, memory: int) -> Costs:
    fitting = [costs for costs in MIN_COSTS if costs.memory <= memory]
    if not fitting:
        raise TooLittleMemory
    for costs in fitting:
        if measured(costs) <= target:
            return costs
    fastest = min(fitting, key=measured)
    raise TargetMissed(fastest, measured(fastest))


def _with_more_memory(minimum: Costs, measured: Measure, *, target: float, memory: int) -> Costs:
    """Estimate by proportion, since time grows with memory; then step down by a tenth."""
    estimate = int(minimum.memory * target / measured(minimum))
    size = min(memory, estimate, MAX_COSTS.memory) // _MIB * _MIB
    while size > minimum.memory and measured(Costs(size, minimum.passes)) > target:
        size = size * 9 // 10 // _MIB * _MIB
    return Costs(max(size, minimum.memory), minimum.passes)


def _with_more_passes(minimum: Costs, measured: Measure, *, target: float) -> Costs:
    estimate = int(minimum.passes * target / measured(minimum))
    passes = max(minimum.passes, min(estimate, MAX_COSTS.passes))
    while passes > minimum.passes and measured(Costs(minimum.memory, passes)) > target:
        passes -= 1
    return Costs(minimum.memory, passes)
