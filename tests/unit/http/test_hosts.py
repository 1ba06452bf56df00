"""Which `Host` and `Origin` headers belong to the site."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authsite.http.hosts import Hosts
from tests.factories import a_request


@pytest.mark.parametrize(
    ("site_url", "host", "is_ours"),
    [
        ("https://site.example", "site.example", True),
        ("https://site.example", "SITE.Example", True),
        ("https://site.example", "site.example:443", True),
        ("https://site.example", "site.example:80", False),
        ("https://site.example", "site.example:6543", False),
        ("https://site.example", "site.example.", False),
        ("https://site.example", "evil.site.example", False),
        ("https://site.example", "site.example.evil.example", False),
        ("https://site.example", "someone@site.example", False),
        ("https://site.example", "site.example,evil.example", False),
        ("https://site.example", "site.example/", False),
        ("https://site.example", " site.example", False),
        ("https://site.example", "localhost", False),
        ("https://site.example", "", False),
        ("https://site.example:443", "site.example", True),
        ("https://site.example:443", "site.example:443", True),
        ("http://site.example", "site.example:80", True),
        ("http://site.example:80", "site.example", True),
        ("http://site.example:8080", "site.example:8080", True),
        ("http://site.example:8080", "site.example", False),
        ("http://site.example:8080", "site.example:80", False),
        ("http://[::1]", "[::1]", True),
        ("http://[::1]", "[::1]:80", True),
        ("http://[::1]:8080", "[::1]:8080", True),
        ("http://[::1]:8080", "[::1]", False),
    ],
)
@pytest.mark.parametrize("dev", [True, False])
def test_only_the_own_host_is_allowed(site_url, host, is_ours, dev):
    hosts = Hosts(site_url, dev=dev)
    local = host.startswith(("localhost", "[::1]"))
    assert hosts.allows(host) is (is_ours or (dev and local))


@pytest.mark.parametrize("host", ["localhost", "localhost:1", "127.0.0.1:65535", "[::1]:6543"])
def test_development_allows_localhost_at_any_port(host):
    assert Hosts("http://localhost:6543", dev=True).allows(host)
    assert not Hosts("http://site.example", dev=False).allows(host)


@pytest.mark.parametrize(
    "host", ["localhost.evil.example", "localhost:", "127.0.0.2", "::1", "a@localhost"]
)
def test_development_allows_no_other_machine(host):
    assert not Hosts("http://localhost:6543", dev=True).allows(host)


@given(st.text())
def test_any_host_is_allowed_or_refused(host):
    assert Hosts("https://site.example", dev=True).allows(host) in {True, False}


@pytest.mark.parametrize(
    ("site_url", "origin", "is_ours"),
    [
        ("https://site.example", "https://site.example", True),
        ("https://site.example", "http://site.example", False),
        ("https://site.example", "https://evil.example", False),
        ("https://site.example", "https://site.example:6543", False),
        ("https://site.example", "null", False),
        ("https://site.example", "", False),
        ("https://site.example:443", "https://site.example", True),
        ("http://site.example:80", "http://site.example", True),
        ("http://site.example:8080", "http://site.example:8080", True),
        ("http://site.example:8080", "http://site.example", False),
    ],
)
def test_own_origin_omits_the_default_port(site_url, origin, is_ours):
    """Browsers omit the default port; the setting may name it."""
    request = a_request(HTTP_HOST=site_url.partition("://")[2])
    assert Hosts(site_url, dev=False).is_own_origin(origin, request) is is_ours


@pytest.mark.parametrize(
    ("origin", "host", "is_ours"),
    [
        ("http://localhost:8000", "localhost:8000", True),
        ("http://127.0.0.1:8000", "127.0.0.1:8000", True),
        ("http://localhost:9000", "localhost:8000", False),
        ("https://localhost:8000", "localhost:8000", False),
        ("http://evil.example", "evil.example", False),
        ("null", "localhost:8000", False),
    ],
)
def test_development_origin_must_match_the_host(origin, host, is_ours):
    request = a_request(HTTP_HOST=host)
    assert Hosts("http://localhost:6543", dev=True).is_own_origin(origin, request) is is_ours
    assert not Hosts("http://site.example", dev=False).is_own_origin(origin, request)
