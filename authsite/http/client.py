"""The client of a request: IP address, network and user agent."""

import ipaddress
from typing import NamedTuple

from pyramid.request import Request

from authsite.http.ip_addresses import IPAddress, parse_ip_address

#: Characters of a user agent that are stored; browsers send less than 200.
USER_AGENT_LENGTH = 256


class Client(NamedTuple):
    """The client of a request. Throttles count by its `network`."""

    ip_address: str | None
    network: str
    user_agent: str | None


#: For work without a request: a command, or a worker.
NO_CLIENT = Client(None, "none", None)


def client_of(request: Request) -> Client:
    return Client(ip_address_of(request), network_of(request), user_agent_of(request))


def ip_address_of(request: Request) -> str | None:
    """Return the peer's IP address, or None when there is none (a Unix socket).

    Behind a proxy the peer is the proxy, unless waitress trusts it (docs/production.md) or
    `authsite.proxy.trusted` names it (proxies.py). Headers such as `X-Forwarded-For` are never read
    here, since any client can send one.
    """
    address = _address_of(request)
    return str(address) if address else None


def network_of(request: Request) -> str:
    """Return the network that throttles count by: an IPv4 address, or the /64 of an IPv6 one.

    A client with one address of a /64 usually has all 2^64 of them, and one IPv4 address has 65,536
    such networks by 6to4. Clients without an IP address count as one network.
    """
    address = _address_of(request)
    return network_around(address) if address else "unknown"


def network_around(address: IPAddress) -> str:
    """Return the network of this IP address, as `network_of` does."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.sixtofour:
            return str(address.sixtofour)
        return str(ipaddress.IPv6Network((int(address) >> 64 << 64, 64)))
    return str(address)


def parse_network(text: str) -> str:
    """Return the network of an IP address or of an IPv6 /64; raises `ValueError`."""
    address, slash, length = text.partition("/")
    parsed = parse_ip_address(address)
    if parsed is None or (slash and (parsed.version, length) != (6, "64")):
        raise ValueError(f"not a network: {text}")
    return network_around(parsed)


def user_agent_of(request: Request) -> str | None:
    """Return the printable ASCII characters of the browser's user agent, or None."""
    text = request.environ.get("HTTP_USER_AGENT", "")[:USER_AGENT_LENGTH]
    return "".join(character for character in text if " " <= character <= "~") or None


def _address_of(request: Request) -> IPAddress | None:
    environ = request.environ
    peer, port = environ.get("REMOTE_ADDR", ""), environ.get("REMOTE_PORT", "")
    # waitress takes the end of ::ffff:192.0.2.7 in X-Forwarded-For for a port.
    return parse_ip_address(f"{peer}:{port}" if "." in port else peer)
