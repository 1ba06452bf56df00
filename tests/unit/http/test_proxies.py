"""The client behind proxies; headers of other peers count for nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authsite.http.proxies import TrustedProxies, name_client
from authsite.settings.machine_parsers import trusted_proxies

PROXIES = trusted_proxies("127.0.0.1, 10.0.1.0/24, 2001:db8:9::/48")
CLIENT, FORGED = "192.0.2.7", "203.0.113.66"


def named(
    peer: str = "127.0.0.1",
    *,
    proxies: TrustedProxies = PROXIES,
    count: int = 1,
    **headers: str,
) -> dict[str, str]:
    """Return the environ of a request from this peer, after its client was named."""
    environ = {
        "REMOTE_ADDR": peer,
        "REMOTE_HOST": peer,
        "REMOTE_PORT": "54321",
        "wsgi.url_scheme": "http",
        "HTTP_HOST": "accounts.example.com",
        "HTTP_X_REQUEST_ID": "1",
    }
    environ |= {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    name_client(environ, proxies, count=count)
    return environ


def test_proxy_names_the_client_and_the_scheme():
    environ = named(x_forwarded_for=CLIENT, x_forwarded_proto="https")
    assert environ == {
        "REMOTE_ADDR": CLIENT,
        "wsgi.url_scheme": "https",
        "HTTP_HOST": "accounts.example.com",
        "HTTP_X_REQUEST_ID": "1",
    }


@pytest.mark.asvs("4.1.3")
@pytest.mark.parametrize("peer", [CLIENT, "127.0.0.2", "10.0.2.1", "2001:db8:8::1", ""])
def test_headers_of_untrusted_peers_are_removed(peer):
    environ = named(
        peer,
        x_forwarded_for=FORGED,
        x_forwarded_proto="https",
        x_forwarded_host="evil.test",
        x_forwarded_prefix="/evil",
        forwarded=f"for={FORGED}",
    )
    assert environ == named(peer)
    assert environ["REMOTE_ADDR"] == peer
    assert environ["wsgi.url_scheme"] == "http"


@pytest.mark.asvs("4.1.3")
def test_other_headers_of_the_proxy_are_removed_too():
    """A proxy passes them on from clients."""
    environ = named(
        x_forwarded_for=CLIENT,
        x_forwarded_host="evil.test",
        x_forwarded_port="1",
        forwarded=f"for={FORGED};proto=https",
    )
    assert environ == named(x_forwarded_for=CLIENT)


@pytest.mark.parametrize(
    ("peer", "proxies"),
    [
        ("::ffff:127.0.0.1", PROXIES),
        ("10.0.1.255", PROXIES),
        ("2001:db8:9:8::7", PROXIES),
        ("", trusted_proxies("unix")),
        ("localhost", trusted_proxies("10.0.0.1, unix")),
        ("0.0.0.0", trusted_proxies("unix")),
    ],
)
def test_proxies_are_networks_and_unix_sockets(peer, proxies):
    assert named(peer, proxies=proxies, x_forwarded_for=CLIENT)["REMOTE_ADDR"] == CLIENT


@pytest.mark.asvs("4.1.3")
@pytest.mark.parametrize(
    ("count", "forwarded_for", "client"),
    [
        (1, f"{FORGED}, {CLIENT}", CLIENT),
        (1, f"{FORGED}, 10.0.1.9", "10.0.1.9"),
        (2, f"{FORGED}, {CLIENT}, 10.0.1.9", CLIENT),
        (2, f"{FORGED},{CLIENT}", CLIENT),
        (2, f"{FORGED}, 10.0.1.8, 10.0.1.9", "10.0.1.8"),
        (3, "10.0.1.8, 10.0.1.9", "10.0.1.8"),
        (3, f"{FORGED}, unknown, 10.0.1.9", ""),
        (1, f"{FORGED}, ", ""),
        (1, "unknown", ""),
    ],
)
def test_client_is_the_last_address_that_is_no_proxy(count, forwarded_for, client):
    """At most the `count`th from the end; text that is no IP address is no client."""
    assert named(count=count, x_forwarded_for=forwarded_for)["REMOTE_ADDR"] == client


def test_text_in_the_header_is_no_unix_socket():
    proxies = trusted_proxies("127.0.0.1, unix")
    environ = named(proxies=proxies, count=3, x_forwarded_for=f"{FORGED}, unknown")
    assert environ["REMOTE_ADDR"] == ""


@pytest.mark.parametrize(
    "forwarded_for",
    ["::ffff:192.0.2.7", "[::ffff:192.0.2.7]", "[::ffff:192.0.2.7]:443", "::ffff:192.0.2.7:443"],
)
def test_mapped_address_in_the_header_is_ipv4(forwarded_for):
    assert named(x_forwarded_for=forwarded_for)["REMOTE_ADDR"] == CLIENT


@pytest.mark.parametrize("scheme", ["", "gopher", "https, http"])
def test_unknown_scheme_is_ignored(scheme):
    assert named(x_forwarded_proto=scheme)["wsgi.url_scheme"] == "http"


def test_proxy_without_headers_is_the_client():
    """A probe, for example."""
    assert named()["REMOTE_ADDR"] == "127.0.0.1"
    assert named()["REMOTE_PORT"] == "54321"


@pytest.mark.asvs("4.1.3")
@given(
    st.text(st.characters(max_codepoint=255), max_size=60),
    st.lists(st.ip_addresses().map(str), max_size=3).map(",".join),
)
def test_client_cannot_choose_its_address(junk, addresses):
    """The proxy appends the real one, whatever the client has sent."""
    for sent in (junk, addresses, f"{junk},{addresses}"):
        environ = named(count=3, x_forwarded_for=f"{sent},{CLIENT}")
        assert environ["REMOTE_ADDR"] == CLIENT
