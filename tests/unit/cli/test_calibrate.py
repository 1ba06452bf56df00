"""`authsite calibrate`: what an operator reads, for imaginary machines and for this one."""

import configparser
import json

import pytest
from argon2.exceptions import HashingError

from authsite.cli.calibrate import CORES, propose
from authsite.cli.errors import CommandError
from authsite.passwords.calibration import Costs
from authsite.settings.parsers import number
from tests.shell import refusal, run


def proposal(
    *,
    mib: float = 64,
    target: float = 0.25,
    as_json: bool = False,
    seconds_per_mib: float = 0.001,
    cores: int = 2,
) -> str:
    """Return what is printed on a machine that needs so many seconds for a pass over 1 MiB."""

    def measure(costs: Costs) -> float:
        return costs.memory / 1024 * costs.passes * seconds_per_mib

    memory = int(mib * 1024)
    return propose(measure, cores, target=target, memory=memory, as_json=as_json)


def test_proposal_can_be_put_into_an_ini_file():
    ini = configparser.ConfigParser()
    ini.read_string(f"[app:main]\n{proposal()}")
    assert dict(ini["app:main"]) == {
        "authsite.passwords.time_cost": "7",
        "authsite.passwords.memory_cost": "32768",
        "authsite.passwords.parallelism": "1",
    }


def test_proposal_explains_itself():
    printed = proposal(target=0.1)
    assert (
        "# A hash takes 96 ms while 2 are computed at once, in 64 MiB together: 20.8 sign-ins a "
        "second on this machine."
    ) in printed
    assert "m=32768, t=3, p=1 a hash takes 96 ms of one core" in printed
    assert "cost 0.3 core-years" in printed


def test_json_has_the_same():
    printed = json.loads(proposal(as_json=True, mib=76, target=1.0, cores=4))
    assert "m=19456, t=52, p=1" in printed.pop("cost_of_guessing")
    assert printed == {
        "time_cost": 52,
        "memory_cost": 19_456,
        "parallelism": 1,
        "hashes_at_once": 4,
        "seconds": 0.988,
        "sign_ins_per_second": 4.0,
    }


def test_impossible_targets_are_refused():
    with pytest.raises(CommandError, match=r"at least 350 ms here.* \(m=7168, t=5\).* than 250 ms"):
        proposal(seconds_per_mib=0.01)
    with pytest.raises(CommandError, match="64 hashes at once need at least --memory 458752KiB"):
        proposal(mib=447, cores=64)


def test_hash_without_enough_memory_is_reported():
    def measure(_costs):
        raise HashingError("Memory allocation error")

    with pytest.raises(CommandError, match="cannot compute such a hash: Memory allocation error"):
        propose(measure, 1, target=1.0, memory=10**6, as_json=False)


def test_this_machine_is_measured():
    """At most a hundred passes over 7 MiB, in any time."""
    printed = run("calibrate", "--target", "999s", "--memory", f"{CORES * 7}MiB").stdout
    assert "memory_cost = 7168\n" in printed


@pytest.mark.parametrize("size", ["1KiB", "1MiB"])
def test_too_little_memory_is_refused(size):
    assert f"at least --memory {CORES * 7168}KiB" in refusal("calibrate", "--memory", size)


def test_target_that_this_machine_cannot_reach_is_refused():
    printed = refusal("calibrate", "--target", "1ms", "--memory", "1GiB", "--json")
    assert printed.startswith("authsite: a hash takes at least ")


def test_settings_accept_the_largest_proposal():
    printed = json.loads(proposal(as_json=True, mib=64 * 1024, target=99.0, seconds_per_mib=1e-7))
    assert (printed["time_cost"], printed["memory_cost"]) == (100, 4_194_304)
    assert number(8, 4_194_304)(str(printed["memory_cost"])) == printed["memory_cost"]
