"""Searching users by the IP addresses of their sessions and events."""

import ipaddress

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from authsite.accounts.find_users import NoSuchPage, State
from authsite.accounts.search_network import (
    UnsupportedNetwork,
    parse_searched_network,
    search_network,
)
from authsite.models import AuditEvent, User
from tests.factories import NOW, a_session, a_user, an_event, some_noise


@pytest.fixture
def users(dbsession):
    """Users with sessions and events, among others."""
    some_noise(dbsession)
    dbsession.execute(sa.update(AuditEvent).values(ip_address=None))
    ada, eve = (a_user(dbsession, first_name=name) for name in ("Ada", "Eve"))
    a_session(dbsession, ada, ip_address="192.0.2.7")
    a_session(dbsession, ada, ip_address="192.0.2.7")
    an_event(dbsession, ada, ip_address="192.0.2.7")
    an_event(dbsession, ada, ip_address="2001:db8::5")
    an_event(dbsession, eve, ip_address="192.0.2.70")
    an_event(dbsession, eve, ip_address="192.0.21.7")
    a_session(dbsession, eve, ip_address="2001:db8:0:1::5")
    return {"Ada": ada, "Eve": eve}


def found(dbsession, text, **wanted):
    """Return the addresses and the first names of the users found."""
    page = search_network(dbsession, parse_searched_network(text), **{"limit": 9} | wanted)
    assert page.more is None
    return [(each.ip_address, each.user.first_name) for each in page.found]


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("192.0.2.7", [("192.0.2.7", "Ada")]),
        ("::ffff:192.0.2.7", [("192.0.2.7", "Ada")]),
        ("192.0.2.0/24", [("192.0.2.7", "Ada"), ("192.0.2.70", "Eve")]),
        ("192.0.0.0/16", [("192.0.2.7", "Ada"), ("192.0.2.70", "Eve"), ("192.0.21.7", "Eve")]),
        ("192.0.2.99/24", [("192.0.2.7", "Ada"), ("192.0.2.70", "Eve")]),
        ("192.0.3.0/24", []),
        ("2001:DB8:0::5", [("2001:db8::5", "Ada")]),
        ("2001:db8::/64", [("2001:db8::5", "Ada")]),
        ("2001:db8:0:1::/64", [("2001:db8:0:1::5", "Eve")]),
        ("2001:db8::/32", [("2001:db8:0:1::5", "Eve"), ("2001:db8::5", "Ada")]),
    ],
)
def test_users_are_found_by_network(dbsession, users, text, seen):
    assert found(dbsession, text) == seen


def test_network_search_is_restricted_to_a_state(dbsession, users):
    dbsession.execute(sa.update(User).where(User.first_name == "Eve").values(suspended_at=NOW))
    assert found(dbsession, "192.0.2.0/24", state=State.SUSPENDED) == [("192.0.2.70", "Eve")]


@pytest.mark.parametrize("network", ["192.0.2.0/24", "2001:db8::/32"])
def test_network_pages_have_every_match_once(dbsession, users, network):
    for number in range(1, 6):
        user = a_user(dbsession, first_name=f"P{number}")
        an_event(dbsession, user, ip_address="192.0.2.7")
        an_event(dbsession, user, ip_address=f"2001:db8:0:{number}::7")
        a_session(dbsession, user, ip_address=f"2001:db8::{number}:0:7")
    pages, after = [], None
    while after or not pages:
        page = search_network(dbsession, parse_searched_network(network), after=after, limit=3)
        pages.append([(each.ip_address, each.user.id) for each in page.found])
        after = page.more
    seen = [each for page in pages for each in page]
    assert len(seen) == len(set(seen)) == {"192.0.2.0/24": 7, "2001:db8::/32": 12}[network]
    assert seen == sorted(seen)


@pytest.mark.parametrize("text", ["ada", "192.0.2", "192.0.2.7.8", "a:b", "", "192.0.2.0/33", "1"])
def test_other_text_is_no_network(text):
    assert parse_searched_network(text) is None


@pytest.mark.parametrize("text", ["192.0.2.0/25", "0.0.0.0/0", "2001:db8::/33", "::/0"])
def test_network_within_a_group_is_unsupported(text):
    with pytest.raises(UnsupportedNetwork):
        parse_searched_network(text)


@pytest.mark.parametrize("text", ["", ",", "192.0.2.7", "192.0.2.7,x", f"x,{'A' * 16}"])
def test_malformed_page_of_a_network_is_refused(dbsession, text):
    with pytest.raises(NoSuchPage):
        search_network(dbsession, parse_searched_network("192.0.2.7"), after=text, limit=9)


@pytest.mark.parametrize(
    ("network", "address"),
    [
        ("2001::/64", "2001::5:6:7:8:9"),
        ("0:0:1::/48", "::1:1:ffff:ffff"),
        ("::/64", "::1:2:3:4:5"),
    ],
)
def test_shorter_run_of_zeros_is_another_network(dbsession, network, address):
    an_event(dbsession, a_user(dbsession), ip_address=address)
    assert found(dbsession, network) == []


GROUPS = st.lists(st.sampled_from((0, 0, 0, 1, 0xDB8)), min_size=8, max_size=8)


def _address(groups):
    return ipaddress.IPv6Address(":".join(f"{each:x}" for each in groups))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(GROUPS, GROUPS, st.integers(1, 8))
def test_ipv6_network_finds_its_addresses_only(dbsession, groups, others, length):
    """Whichever zeros the text of the address leaves out."""
    user = a_user(dbsession)
    network = ipaddress.ip_network((_address(groups), 16 * length), strict=False)
    inside, other = _address(groups[:length] + others[length:]), _address(others)
    dbsession.execute(sa.delete(AuditEvent))
    for address in {inside, other}:
        an_event(dbsession, user, ip_address=str(address))
    page = search_network(dbsession, network, limit=9)
    expected = sorted({str(each) for each in (inside, other) if each in network})
    assert [each.ip_address for each in page.found] == expected
    dbsession.execute(sa.delete(AuditEvent))
    dbsession.execute(sa.delete(User))
    dbsession.commit()
