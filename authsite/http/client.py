"""What a request says of the machine and the browser that it comes from."""

import ipaddress

from pyramid.request import Request

#: A user agent beyond this says nothing more; browsers stay under 300.
USER_AGENT_LENGTH = 512


def ip_address_of(request: Request) -> str | None:
    """Return the peer's IP address, or None when there is none (a Unix socket).

    Behind a proxy the peer is the proxy, unless waitress is told to trust it (docs/production.md);
    a header such as `X-Forwarded-For` is never read here, since anybody can write one.
    """
    address = _address_of(request)
    return str(address) if address else None


def network_of(request: Request) -> str:
    """Return by what the throttles tell networks apart: an IPv4 address, or the /64 of an IPv6 one.

    Whoever has one address of a /64 mostly has all 2^64 of them, and one IPv4 address is 65 536
    such networks by 6to4. Those without an address count as one: there is no telling them apart.
    """
    address = _address_of(request)
    if isinstance(address, ipaddress.IPv6Address):
        if address.sixtofour:
            return str(address.sixtofour)
        return str(ipaddress.IPv6Network((int(address) >> 64 << 64, 64)))
    return str(address) if address else "unknown"


def user_agent_of(request: Request) -> str | None:
    """Return what the browser calls itself, as far as it can be printed, or None."""
    text = request.environ.get("HTTP_USER_AGENT", "")[:USER_AGENT_LENGTH]
    return "".join(character for character in text if character.isprintable()) or None


def _address_of(request: Request) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    text, _, _zone = request.environ.get("REMOTE_ADDR", "").partition("%")
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    # A socket for both kinds shows IPv4 as ::ffff:192.0.2.1, all of which are one /64.
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
