"""The client of a request: IP address, network and user agent."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from waitress.proxy_headers import proxy_headers_middleware

from authsite.http.client import (
    Client,
    client_of,
    ip_address_of,
    network_of,
    parse_network,
    user_agent_of,
)
from authsite.models import UserSession
from tests.factories import a_request

columns = UserSession.__table__.c

#: 192.0.2.7 as proxies write it whose sockets are for both families.
MAPPED = (
    "::ffff:192.0.2.7",
    "[::ffff:192.0.2.7]",
    "[::ffff:192.0.2.7]:443",
    "::ffff:192.0.2.7:443",
)
MAPPED += ("::ffff:c000:207", "[::ffff:c000:207]:443")


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:DB8::0:1", "2001:db8::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::ffff:c000:201", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::1"),
        ("192.0.2.1:443", "192.0.2.1"),
        ("::ffff:192.0.2.1:443", "192.0.2.1"),
        ("[::ffff:192.0.2.1]:443", "192.0.2.1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("[]:443", None),
        ("[2001:db8::1]443", None),
        ("192.0.2.1:port", None),
        ("", None),
        ("localhost", None),
        ("192.0.2.256", None),
        ("127.1", None),
        ("<script>", None),
    ],
)
def test_ip_address_of_the_peer_is_normalized(peer, address):
    assert ip_address_of(a_request(REMOTE_ADDR=peer)) == address


@pytest.mark.parametrize("forwarded_for", MAPPED)
def test_mapped_address_that_waitress_cuts_is_ipv4(forwarded_for):
    """waitress takes what follows the last colon for a port."""
    seen = []

    def application(environ, _start_response):
        seen.append(ip_address_of(a_request(**environ)))
        return []

    behind_a_proxy = proxy_headers_middleware(
        application, trusted_proxy="127.0.0.1", trusted_proxy_headers={"x-forwarded-for"}
    )
    environ = {
        "REMOTE_ADDR": "127.0.0.1",
        "REMOTE_PORT": "54321",
        "HTTP_X_FORWARDED_FOR": forwarded_for,
    }
    behind_a_proxy(environ, None)
    assert seen == ["192.0.2.7"]


@pytest.mark.asvs("6.3.1")
@pytest.mark.parametrize(
    ("peer", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("2002:c000:201:1::1", "192.0.2.1"),
        ("2002:c000:201:2::1", "192.0.2.1"),
        ("", "unknown"),
        ("localhost", "unknown"),
    ],
)
def test_network_is_what_one_subscriber_has(peer, network):
    assert network_of(a_request(REMOTE_ADDR=peer)) == network


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:DB8::7", "2001:db8::/64"),
        ("2001:db8::7/64", "2001:db8::/64"),
        ("2002:c000:201:1::1", "192.0.2.1"),
    ],
)
def test_network_of_an_entered_ip_address_is_the_same(text, network):
    assert parse_network(text) == network


@pytest.mark.parametrize(
    "text", ["", "192.0.2", "192.0.2.0/24", "192.0.2.1/32", "2001:db8::/48", "/64"]
)
def test_text_that_is_no_network_is_refused(text):
    with pytest.raises(ValueError, match="not a network"):
        parse_network(text)


@given(st.ip_addresses(v=6), st.integers(0, 2**64 - 1))
def test_addresses_of_one_64_prefix_are_one_network(address, rest):
    other = ipaddress.IPv6Address((int(address) >> 64 << 64) + rest)
    of = {network_of(a_request(REMOTE_ADDR=str(each))) for each in (address, other)}
    mapped = any(each.ipv4_mapped for each in (address, other))
    assert mapped or len(of) == 1


def test_unix_socket_has_no_ip_address():
    assert ip_address_of(a_request()) is None


@pytest.mark.asvs("4.1.3", "15.3.4")
def test_forwarding_headers_are_ignored():
    request = a_request(
        REMOTE_ADDR="192.0.2.1",
        HTTP_X_FORWARDED_FOR="198.51.100.7",
        HTTP_FORWARDED="for=198.51.100.7",
        HTTP_X_REAL_IP="198.51.100.7",
    )
    assert ip_address_of(request) == "192.0.2.1"


@given(
    st.one_of(
        st.ip_addresses().map(str),
        st.builds("{}%{}".format, st.ip_addresses(v=6), st.text("abc0", max_size=60)),
        st.text(st.characters(max_codepoint=255)),
    )
)
def test_ip_address_fits_its_column(peer):
    address = ip_address_of(a_request(REMOTE_ADDR=peer))
    assert address is None or len(address) <= columns.ip_address.type.length


@pytest.mark.asvs("16.4.1")
@given(st.binary(max_size=1000).map(lambda raw: raw.decode("latin-1")))
def test_user_agent_is_printable_and_fits_its_column(header):
    kept = user_agent_of(a_request(HTTP_USER_AGENT=header))
    assert kept is None or (kept.isascii() and kept.isprintable() and 0 < len(kept) <= 256)


@pytest.mark.parametrize(
    ("header", "kept"),
    [
        ("Mozilla/5.0 (X11; Linux)", "Mozilla/5.0 (X11; Linux)"),
        ("Mozilla\r\nfake: line\x1b[2J\x00", "Mozillafake: line[2J"),
        ("a" * 600, "a" * 256),
        ("Mozilla é\x80", "Mozilla "),
        ("\x00\x1b", None),
        ("", None),
    ],
)
def test_user_agent_is_cleaned_and_truncated(header, kept):
    assert user_agent_of(a_request(HTTP_USER_AGENT=header)) == kept


def test_user_agent_is_optional():
    assert user_agent_of(a_request()) is None


def test_client_has_address_network_and_user_agent():
    request = a_request(REMOTE_ADDR="2001:db8:1:2::1", HTTP_USER_AGENT="Firefox")
    assert client_of(request) == Client("2001:db8:1:2::1", "2001:db8:1:2::/64", "Firefox")
