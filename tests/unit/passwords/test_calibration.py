"""Proposals of hash costs, for simulated machines so that no clock decides."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authsite.passwords.calibration import (
    MAX_COSTS,
    MIN_COSTS,
    Costs,
    TargetMissed,
    TooLittleMemory,
    cost_of_guessing,
    measure_here,
    propose_costs,
)

MIB = 1024


def a_machine(costs: Costs, *, a_gib: float, first: float = 1.0) -> float:
    """Return the seconds of a hash if a pass over 1 GiB takes `a_gib` seconds."""
    return costs.memory / MIB**2 * a_gib * (costs.passes - 1 + first)


machines = st.builds(
    lambda a_gib, first: partial(a_machine, a_gib=a_gib, first=first),
    st.floats(0.01, 20),
    st.floats(0.5, 3),
)


@given(machines, st.floats(0.01, 2), st.integers(1, 8 * MIB**2))
def test_proposal_is_within_the_limits(machine, target, memory):
    times = {costs: machine(costs) for costs in MIN_COSTS if costs.memory <= memory}
    if not times:
        with pytest.raises(TooLittleMemory):
            propose_costs(machine, target=target, memory=memory)
    elif min(times.values()) > target:
        with pytest.raises(TargetMissed) as missed:
            propose_costs(machine, target=target, memory=memory)
        assert missed.value.seconds == times[missed.value.costs] == min(times.values())
    else:
        costs, seconds = propose_costs(machine, target=target, memory=memory)
        assert seconds == machine(costs) <= target
        assert costs.memory <= min(memory, MAX_COSTS.memory)
        assert costs.passes <= MAX_COSTS.passes
        assert any(
            costs.memory >= least.memory and costs.passes >= least.passes for least in MIN_COSTS
        )


@pytest.mark.parametrize(
    ("a_gib", "target", "memory", "costs"),
    [
        (1.0, 0.25, 32 * MIB, Costs(32 * MIB, 8)),
        (1.0, 0.25, 19 * MIB, Costs(19 * MIB, 13)),
        (1.0, 0.25, 19 * MIB - 1, Costs(18 * MIB, 14)),
        (1.0, 0.25, 7 * MIB, Costs(7 * MIB, 36)),
        (1.0, 0.25, 1024 * MIB, Costs(256 * MIB, 1)),
        (1.0, 0.05, 1024 * MIB, Costs(51 * MIB, 1)),
        (0.001, 10.0, 8192 * MIB, Costs(4096 * MIB, 100)),
    ],
)
def test_proposal_uses_memory_first_then_passes(a_gib, target, memory, costs):
    machine = partial(a_machine, a_gib=a_gib)
    assert propose_costs(machine, target=target, memory=memory) == (costs, machine(costs))


@pytest.mark.parametrize(
    ("target", "costs"),
    [
        (0.0465, Costs(46 * MIB, 1)),
        (0.0385, Costs(19 * MIB, 2)),
        (0.0365, Costs(12 * MIB, 3)),
        (0.0355, Costs(7 * MIB, 5)),
    ],
)
def test_proposal_falls_back_to_equivalent_minimum_costs(target, costs):
    machine = partial(a_machine, a_gib=1.024)
    assert propose_costs(machine, target=target, memory=64 * MIB)[0] == costs


def test_proposal_reduces_memory_slower_than_expected():
    """Beyond the caches of a processor, a MiB takes longer."""

    def machine(costs: Costs) -> float:
        beyond = max(0, costs.memory - 24 * MIB)
        return (costs.memory + 4 * beyond) * costs.passes / MIB**2

    costs, seconds = propose_costs(machine, target=0.1, memory=45 * MIB)
    assert (costs, seconds <= 0.1) == (Costs(28 * MIB, 2), True)


def test_proposal_reduces_passes_slower_than_expected():
    costs, seconds = propose_costs(
        lambda costs: (costs.passes + costs.passes**2 / 8) * 0.01, target=0.5, memory=7 * MIB
    )
    assert (costs, seconds <= 0.5) == (Costs(7 * MIB, 16), True)


def test_costs_are_measured_once():
    measured = []

    def machine(costs: Costs) -> float:
        measured.append(costs)
        return a_machine(costs, a_gib=1.0, first=3.0)

    propose_costs(machine, target=0.25, memory=32 * MIB)
    assert len(set(measured)) == len(measured) < 10


def test_measured_time_is_positive():
    assert measure_here(Costs(8, 1), at_once=2) > 0


@pytest.mark.parametrize(("seconds", "years"), [(0.026, "0.082"), (0.31558, "1"), (4.0, "13")])
def test_cost_of_guessing_is_in_core_years(seconds, years):
    """10^8 guesses; a year has 31 557 600 seconds."""
    text = cost_of_guessing(Costs(19_456, 3), seconds=seconds)
    assert f"m=19456, t=3, p=1 a hash takes {seconds * 1000:.0f} ms" in text
    assert f" cost {years} core-years" in text


def test_slow_machine_misses_the_target_with_the_fastest_costs():
    machine = partial(a_machine, a_gib=1000)
    with pytest.raises(TargetMissed) as missed:
        propose_costs(machine, target=0.01, memory=8 * MIB**2)
    assert missed.value.costs == min(MIN_COSTS, key=machine)
    assert missed.value.seconds == machine(missed.value.costs)


def test_machine_without_memory_has_no_costs():
    with pytest.raises(TooLittleMemory):
        propose_costs(partial(a_machine, a_gib=1), target=1, memory=1)
