"""Whether a hash costs enough, and not too much."""

import os

import pytest
from argon2.exceptions import HashingError

from authsite.checks.finding import Status
from authsite.checks.hashing import hash_time
from authsite.settings.schema import PasswordSettings
from tests.unit.checks.saying import is_doubtful, is_fine, is_wrong


def costs(memory, passes, **others):
    """Return what an ini file says of costs."""
    return {
        "authsite.passwords.memory_cost": str(memory),
        "authsite.passwords.time_cost": str(passes),
    } | others


def test_the_default_costs_are_enough(a_setup):
    assert f"m={PasswordSettings.memory_cost}, t=3, p=1" in is_fine(a_setup(), "hash cost")


@pytest.mark.parametrize(("memory", "passes"), [(19_456, 2), (47_104, 1), (7_168, 5), (65_536, 3)])
def test_what_owasp_takes_for_the_least_is_enough(a_setup, memory, passes):
    is_fine(a_setup(app=costs(memory, passes)), "hash cost")


@pytest.mark.parametrize(("memory", "passes"), [(8, 1), (19_455, 2), (47_103, 1), (7_167, 100)])
def test_less_is_wrong(a_setup, memory, passes):
    assert "cheap to guess" in is_wrong(a_setup(app=costs(memory, passes)), "hash cost")


def test_a_hash_is_measured_here(a_setup):
    assert is_fine(a_setup(app=costs(8, 1)), "hash time").startswith("one takes ")


def test_a_hash_that_takes_long_is_doubtful(a_setup):
    [found] = hash_time(a_setup(), measure=lambda _setup: 1.234)
    assert found.status is Status.WARNING
    assert found.seen == "one takes 1234 ms here, and so long at least each sign-in"


def test_a_hash_that_cannot_be_computed_is_wrong(a_setup):
    def measure(_setup):
        raise HashingError("Memory allocation error")

    [found] = hash_time(a_setup(), measure=measure)
    assert (found.status, found.mend) == (Status.WRONG, "take what `authsite calibrate` proposes")
    assert found.seen == "this machine cannot compute one: Memory allocation error"


def test_hashes_that_fit_into_memory_are_fine(a_setup):
    said = is_fine(a_setup(app=costs(8, 1)), "hash memory")
    assert said.startswith(f"{os.cpu_count()} hashes at once take 0 of ")


def test_hashes_that_do_not_are_doubtful(a_setup):
    many = {"authsite.passwords.hash_threads": "256"}
    setup = a_setup(app=costs(4_194_304, 1, **many), more={"server:second": {"use": "main"}})
    assert "512 hashes at once take 2097152 of" in is_doubtful(setup, "hash memory")
