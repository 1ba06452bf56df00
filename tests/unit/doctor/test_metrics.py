"""The check of the address that metrics are served at."""

import pytest

from tests.unit.doctor.findings import fails, passes, warns

KEY = "authsite.metrics.listen"
SECOND = {"server:second": {"use": "main", "listen": "127.0.0.1:6544"}}


def test_metrics_may_be_off(a_subject):
    assert "off" in passes(a_subject(), "metrics")


@pytest.mark.parametrize("listen", ["127.0.0.1:9101", "[::1]:9101", "metrics.internal:9101"])
def test_metrics_accept_an_address_of_their_own(a_subject, listen):
    assert listen in passes(a_subject(app={KEY: listen}), "metrics")


@pytest.mark.parametrize("listen", ["0.0.0.0:9101", "[::]:9101"])
def test_metrics_on_all_interfaces_are_a_warning(a_subject, listen):
    assert "every network" in warns(a_subject(app={KEY: listen}), "metrics")


def test_metrics_at_the_address_of_the_site_fail(a_subject):
    assert "the site would" in fails(a_subject(app={KEY: "127.0.0.1:6543"}), "metrics")


def test_metrics_of_two_servers_at_one_address_are_a_warning(a_subject):
    subject = a_subject(app={KEY: "127.0.0.1:9101"}, more=SECOND)
    assert "All servers" in warns(subject, "metrics")


def test_metrics_may_be_set_for_each_process(a_subject):
    subject = a_subject(more=SECOND, environ={"AUTHSITE_METRICS_LISTEN": "127.0.0.1:9102"})
    assert "127.0.0.1:9102" in passes(subject, "metrics")
