"""The client's IP address and scheme, from the headers of proxies that the operator trusts."""

import ipaddress
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from authsite.http.ip_addresses import IPAddress, parse_ip_address

IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
Result = TypeVar("Result")

_SCHEMES = frozenset({"http", "https"})


class TrustedProxies(NamedTuple):
    """The peers whose forwarded headers count: networks, and programs at a Unix socket."""

    networks: tuple[IPNetwork, ...]
    unix_socket: bool = False

    def include(self, address: IPAddress | None) -> bool:
        """Whether this peer is a proxy; one without an IP address is at a Unix socket."""
        if address is None or address.is_unspecified:  # uWSGI writes 0.0.0.0 there
            return self.unix_socket
        return any(address in network for network in self.networks)


def behind_proxies(
    execute: Callable[[dict[str, Any], Any], Result], proxies: TrustedProxies, *, count: int
) -> Callable[[dict[str, Any], Any], Result]:
    """Return an execution policy that serves each request as one of the client, not of the proxy.

    For servers that do not read the headers of proxies. waitress does if it is configured to, and
    removes them.
    """

    def execute_behind_proxies(environ: dict[str, Any], router: Any) -> Result:
        name_client(environ, proxies, count=count)
        return execute(environ, router)

    return execute_behind_proxies


def name_client(environ: dict[str, Any], proxies: TrustedProxies, *, count: int) -> None:
    """Set `REMOTE_ADDR` and the scheme to those of the client, if the peer is a trusted proxy.

    All forwarded headers are removed, so that no code can believe one that a client has sent
    (ASVS 4.1.3). `X-Forwarded-For` is read from its end, where the nearest proxy writes: the client
    is the first address that is no proxy, at most the `count`th.
    """
    forwarded_for = environ.get("HTTP_X_FORWARDED_FOR", "")
    scheme = environ.get("HTTP_X_FORWARDED_PROTO", "").strip().lower()
    for name in [name for name in environ if _is_forwarded(name)]:
        del environ[name]
    if not proxies.include(parse_ip_address(environ.get("REMOTE_ADDR", ""))):
        return
    if scheme in _SCHEMES:
        environ["wsgi.url_scheme"] = scheme
    if forwarded_for:
        client = _client_of(forwarded_for.split(",")[-count:], proxies)
        environ["REMOTE_ADDR"] = "" if client is None else str(client)
        for name in ("REMOTE_HOST", "REMOTE_PORT"):  # of the proxy
            environ.pop(name, None)


def _is_forwarded(name: str) -> bool:
    return name.startswith("HTTP_X_FORWARDED_") or name == "HTTP_FORWARDED"


def _client_of(hops: list[str], proxies: TrustedProxies) -> IPAddress | None:
    """Return the last address that is no proxy; the first, if all are proxies."""
    client = parse_ip_address(hops.pop().strip())
    while hops and client is not None and proxies.include(client):
        client = parse_ip_address(hops.pop().strip())
    return client
