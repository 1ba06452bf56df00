"""What a machine can bear: judged with machines that are made up, so that no clock decides."""

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
    """Return how long a hash takes where a pass over 1 GiB takes `a_gib` seconds."""
    return costs.memory / MIB**2 * a_gib * (costs.passes - 1 + first)


machines = st.builds(
    lambda a_gib, first: partial(a_machine, a_gib=a_gib, first=first),
    st.floats(0.01, 20),
    st.floats(0.5, 3),
)


@given(machines, st.floats(0.01, 2), st.integers(1, 8 * MIB**2))
def test_what_is_proposed_keeps_to_the_limits_and_is_never_less_than_allowed(
    machine, target, memory
):
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
def test_memory_goes_first_and_then_as_many_passes_as_there_is_time_for(
    a_gib, target, memory, costs
):
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
def test_where_the_first_costs_are_too_slow_equally_strong_ones_may_not_be(target, costs):
    machine = partial(a_machine, a_gib=1.024)
    assert propose_costs(machine, target=target, memory=64 * MIB)[0] == costs


def test_where_more_memory_is_slower_than_it_promised_less_is_taken():
    """Beyond the caches of a processor a MiB takes longer."""

    def machine(costs: Costs) -> float:
        beyond = max(0, costs.memory - 24 * MIB)
        return (costs.memory + 4 * beyond) * costs.passes / MIB**2

    costs, seconds = propose_costs(machine, target=0.1, memory=45 * MIB)
    assert (costs, seconds <= 0.1) == (Costs(28 * MIB, 2), True)


def test_where_more_passes_are_slower_than_they_promised_fewer_are_taken():
    costs, seconds = propose_costs(
        lambda costs: (costs.passes + costs.passes**2 / 8) * 0.01, target=0.5, memory=7 * MIB
    )
    assert (costs, seconds <= 0.5) == (Costs(7 * MIB, 16), True)


def test_nothing_is_measured_twice():
    asked = []

    def machine(costs: Costs) -> float:
        asked.append(costs)
        return a_machine(costs, a_gib=1.0, first=3.0)

    propose_costs(machine, target=0.25, memory=32 * MIB)
    assert len(set(asked)) == len(asked) < 10


def test_a_hash_takes_some_time_on_this_machine():
    assert measure_here(Costs(8, 1), at_once=2) > 0


@pytest.mark.parametrize(("seconds", "years"), [(0.026, "0.082"), (0.31558, "1"), (4.0, "13")])
def test_what_a_stolen_hash_is_worth_is_a_matter_of_multiplying(seconds, years):
    """10^8 guesses; a year has 31 557 600 seconds."""
    said = cost_of_guessing(Costs(19_456, 3), seconds=seconds)
    assert f"m=19456, t=3, p=1 a hash takes {seconds * 1000:.0f} ms" in said
    assert f" cost {years} core-years" in said


def test_slow_machine_misses_the_target_with_the_fastest_costs():
    machine = partial(a_machine, a_gib=1000)
    with pytest.raises(TargetMissed) as missed:
        propose_costs(machine, target=0.01, memory=8 * MIB**2)
    assert missed.value.costs == min(MIN_COSTS, key=machine)
    assert missed.value.seconds == machine(missed.value.costs)


def test_machine_without_memory_has_no_costs():
    with pytest.raises(TooLittleMemory):
        propose_costs(partial(a_machine, a_gib=1), target=1, memory=1)
