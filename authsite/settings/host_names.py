"""How far the host of a URL reaches: this machine, its network, or the public."""

import ipaddress


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the host: localhost (RFC 6761, 6.3), 127.0.0.1, ::1."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def is_public(host: str) -> bool:
    """Whether the public may reach the host: any other name, and IP addresses that are routed."""
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return not is_loopback(host)


def is_example(host: str) -> bool:
    """Whether the host is reserved for examples, so that no site is there (RFC 2606, 3).

    The test fixtures of Pyramid's cookiecutter send requests to example.com.
    """
    return host in {"example.com", "example.net", "example.org"}
