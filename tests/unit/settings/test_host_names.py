"""Which hosts only this machine reaches, and which the public reaches."""

import pytest

from authsite.settings.host_names import is_example, is_loopback, is_public


@pytest.mark.parametrize("host", ["localhost", "app.localhost", "127.0.0.1", "127.8.8.8", "::1"])
def test_loopback_is_this_machine_only(host):
    assert is_loopback(host)
    assert not is_public(host)


@pytest.mark.parametrize("host", ["192.168.1.5", "10.0.0.1", "172.16.0.1", "fd00::1", "fe80::1"])
def test_private_ip_addresses_are_not_public(host):
    assert not is_loopback(host)
    assert not is_public(host)


@pytest.mark.parametrize(
    "host", ["accounts.example.com", "localhost.example.com", "intranet", "8.8.8.8", "2001:4860::1"]
)
def test_names_and_routed_ip_addresses_are_public(host):
    assert not is_loopback(host)
    assert is_public(host)


@pytest.mark.parametrize(
    ("host", "expected"), [("example.com", True), ("www.example.com", False), ("example.de", False)]
)
def test_no_site_is_at_a_name_for_examples(host, expected):
    assert is_example(host) is expected
