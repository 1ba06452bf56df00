"""Parsers of settings about the machine: its cores, and the proxies in front of it."""

import ipaddress
import re
from ipaddress import IPv6Network

from authsite.http.proxies import TrustedProxies

#: Bits of the largest networks that are private: 10.0.0.0/8 and fc00::/7.
_SHORTEST_PREFIX = {4: 8, 6: 7}
#: IPv4 addresses in IPv6, as which no peer is seen.
_MAPPED = IPv6Network("::ffff:0:0/96")
_CORES = re.compile(r"([0-9]{1,4})(?:-([0-9]{1,4}))?")


def cores(value: str) -> tuple[int, ...]:
    """Return the numbers of cores, written as for taskset: `0-3`, `0,2` or `0-3,8`."""
    ranges = [_CORES.fullmatch(each.strip()) for each in value.split(",")]
    found = {
        core
        for match in ranges
        if match is not None
        for core in range(int(match[1]), int(match[2] or match[1]) + 1)
    }
    if None in ranges or not found:
        raise ValueError("must be numbers of cores like 0-3 or 0,2")
    return tuple(sorted(found))


def trusted_proxies(value: str) -> TrustedProxies:
    """Return the proxies: IP addresses, networks and `unix`, but not every machine at once."""
    names = [name.strip() for name in value.split(",")]
    try:
        networks = tuple(ipaddress.ip_network(name) for name in names if name != "unix")
    except ValueError:
        raise ValueError(
            "must be IP addresses or networks like 127.0.0.1 or 10.0.1.0/24, or unix, separated by "
            "commas"
        ) from None
    if any(isinstance(each, IPv6Network) and each.subnet_of(_MAPPED) for each in networks):
        raise ValueError("must name IPv4 addresses like 192.0.2.7, without ::ffff:")
    if any(network.prefixlen < _SHORTEST_PREFIX[network.version] for network in networks):
        raise ValueError("must not be every machine: clients could choose their IP address")
    return TrustedProxies(networks, unix_socket="unix" in names)
