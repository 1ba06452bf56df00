"""IP addresses as servers and proxies write them."""

import ipaddress
import re

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

#: In brackets, with or without a port; or an address that ends as IPv4 does, and a port.
_BRACKETS_OR_PORT = re.compile(r"\[([^\]]*)\](?::[0-9]{1,5})?|(.*\.[0-9]{1,3}):[0-9]{1,5}")


def parse_ip_address(text: str) -> IPAddress | None:
    """Return the IP address, without its port and zone, or None if the text is none.

    An IPv4-mapped IPv6 address is the IPv4 address: a socket for both families shows 192.0.2.7 as
    ::ffff:192.0.2.7, and all of these would be one /64.
    """
    match = _BRACKETS_OR_PORT.fullmatch(text)
    bare = text if match is None else match[1] or match[2] or ""
    try:
        address = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
