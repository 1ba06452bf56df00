"""Whether the doctor sees where metrics are told."""

import pytest

from tests.unit.checks.saying import is_doubtful, is_fine, is_wrong

KEY = "authsite.metrics.listen"
SECOND = {"server:second": {"use": "main", "listen": "127.0.0.1:6544"}}


def test_without_an_address_nothing_is_measured(a_setup):
    assert is_fine(a_setup(), "metrics") == "nothing is measured"


@pytest.mark.parametrize("listen", ["127.0.0.1:9101", "[::1]:9101", "metrics.internal:9101"])
def test_an_address_of_its_own_is_fine(a_setup, listen):
    assert is_fine(a_setup(app={KEY: listen}), "metrics") == f"they are told at {listen}"


@pytest.mark.parametrize("listen", ["0.0.0.0:9101", "[::]:9101"])
def test_an_address_that_everybody_reaches_is_doubtful(a_setup, listen):
    assert "to every network" in is_doubtful(a_setup(app={KEY: listen}), "metrics")


def test_the_address_of_the_site_is_wrong(a_setup):
    assert "where the site listens" in is_wrong(a_setup(app={KEY: "127.0.0.1:6543"}), "metrics")


def test_one_address_for_two_servers_is_doubtful(a_setup):
    setup = a_setup(app={KEY: "127.0.0.1:9101"}, more=SECOND)
    assert "only one can have it" in is_doubtful(setup, "metrics")


def test_each_server_may_have_its_own_from_its_environment(a_setup):
    setup = a_setup(more=SECOND, environ={"AUTHSITE_METRICS_LISTEN": "127.0.0.1:9102"})
    assert is_fine(setup, "metrics") == "they are told at 127.0.0.1:9102"
