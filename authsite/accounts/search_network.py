"""Search accounts by the IP addresses of their sessions and events."""

import ipaddress
import itertools
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Self

import sqlalchemy as sa
from sqlalchemy.orm import Session

from authsite.accounts.find_users import (
    SUMMARY,
    Found,
    FoundPage,
    NoSuchPage,
    State,
    UserSummary,
    in_state,
)
from authsite.http.ip_addresses import parse_ip_address
from authsite.models import AuditEvent, User, UserSession
from authsite.tokens import is_id

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_IPV4, _IPV6_GROUPS = 4, 8
#: Bits of a group in the text of an IP address, by version.
_GROUP_BITS = {_IPV4: 8, 6: 16}
#: After every character of an IP address.
_END = "~"


class UnsupportedNetwork(ValueError):
    """The text is a network whose addresses do not begin with the same groups."""


def parse_searched_network(text: str) -> Network | None:
    """Return the network or the single IP address that the text is, or None if it is neither.

    Raises `UnsupportedNetwork`.
    """
    address = parse_ip_address(text)
    if address:
        return ipaddress.ip_network(address)
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    if network.prefixlen % _GROUP_BITS[network.version] or not network.prefixlen:
        raise UnsupportedNetwork(text)
    return network


def search_network(
    dbsession: Session,
    network: Network,
    *,
    state: State | None = None,
    after: str | None = None,
    limit: int,
) -> FoundPage:
    """Return at most `limit` IP addresses of the network, each with an account seen there.

    They are in the order of their text.

    Events are stored for 90 days. An account that was seen at several addresses is listed with each
    of them. Raises `NoSuchPage`.
    """
    place = None if after is None else _parse_place(after)
    found: list[Found] = []
    for addresses in _ranges(network):
        rows = _find(dbsession, addresses, state, place, limit + 1 - len(found))
        found += [Found(UserSummary._make(row[:-1]), row[-1]) for row in rows]
    more = found[limit - 1] if len(found) > limit else None
    return FoundPage(found[:limit], f"{more.ip_address},{more.user.id}" if more else None)


def _parse_place(text: str) -> list[str]:
    """Return the IP address and the id of the account that a page begins after."""
    ip_address, _, user_id = text.rpartition(",")
    try:
        ipaddress.ip_address(ip_address)
    except ValueError:
        raise NoSuchPage(text) from None
    if not is_id(user_id):
        raise NoSuchPage(text)
    return [ip_address, user_id]


class _Range(NamedTuple):
    """IP addresses from `first` to `last` as text, with as many colons as that, if it matters."""

    first: str
    last: str
    colons: tuple[int, int] | None = None

    @classmethod
    def of(cls, beginning: str, colons: tuple[int, int] | None = None) -> Self:
        return cls(beginning, f"{beginning}{_END}", colons)


def _ranges(network: Network) -> list[_Range]:
    """Return the ranges of text that contain the addresses of the network, and no others."""
    address = str(network.network_address)
    if network.prefixlen == network.max_prefixlen:
        return [_Range(address, address)]
    count = network.prefixlen // _GROUP_BITS[network.version]
    if network.version == _IPV4:
        return [_Range.of(".".join(address.split(".")[:count]) + ".")]
    groups = [f"{int(each, 16):x}" for each in network.network_address.exploded.split(":")]
    return sorted(_ipv6_ranges(groups[:count]))


def _ipv6_ranges(groups: list[str]) -> Iterator[_Range]:
    """Yield the ranges of addresses that begin with these groups.

    The text of an address has `::` for its longest run of zeros, which may be among these groups,
    or begin there (RFC 5952). The number of colons tells how many zeros that are.
    """
    yield _Range.of(":".join(groups) + ":")
    start = 0
    for zero, run in itertools.groupby(groups, key="0".__eq__):
        end = start + len(list(run))
        beginning = f"{':'.join(groups[:start])}::{':'.join([*groups[end:], ''])}"
        colons = beginning.count(":") + _IPV6_GROUPS - 1 - len(groups)
        if zero and end == len(groups):
            yield _Range.of(beginning, (0, colons))
        elif zero and end - start > 1:
            yield _Range.of(beginning, (colons, colons))
        start = end


def _find(
    dbsession: Session,
    addresses: _Range,
    state: State | None,
    place: list[str] | None,
    limit: int,
) -> Sequence[Any]:
    """Return rows of an account and an IP address after `place`.

    Each table yields at most `limit` in the order of its index, so that a network with very many
    events costs no more.
    """
    seen = sa.union(
        *(
            _seen_in(table, addresses, state, place)
            .order_by(table.ip_address, table.user_id)
            .limit(limit)
            .subquery()
            .select()
            for table in (UserSession, AuditEvent)
        )
    ).subquery()
    query = (
        SUMMARY.add_columns(seen.c.ip_address)
        .join(seen, seen.c.user_id == User.id)
        .order_by(seen.c.ip_address, seen.c.user_id)
        .limit(limit)
    )
    return dbsession.execute(query).all()


def _seen_in(
    table: type[UserSession | AuditEvent],
    addresses: _Range,
    state: State | None,
    place: list[str] | None,
) -> "sa.Select[*tuple[Any, ...]]":
    ip_address, user_id = table.ip_address, table.user_id
    query = sa.select(ip_address, user_id).distinct()
    query = query.where(ip_address >= addresses.first, ip_address <= addresses.last)
    if addresses.colons is not None:
        without = sa.func.replace(ip_address, ":", "")
        colons = sa.func.length(ip_address) - sa.func.length(without)
        query = query.where(colons.between(*addresses.colons))
    if place is not None:
        last = sa.tuple_(*(sa.literal(each) for each in place))
        query = query.where(sa.tuple_(ip_address, user_id) > last)
    if state is not None:
        query = in_state(query.join(User, User.id == user_id), state)
    return query
