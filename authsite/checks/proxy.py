"""Whether the servers believe the proxy, and nobody else."""

from collections.abc import Iterator

from authsite.checks.finding import Finding, doubtful, fine, wrong
from authsite.checks.servers import Server, servers_of
from authsite.checks.setup import Setup

_NEEDED = {"x-forwarded-for", "x-forwarded-proto"}
_THREE_LINES = (
    "take the # from the three trusted_proxy lines of production.ini, with the address that the "
    "proxy comes from"
)


def proxy(setup: Setup) -> Iterator[Finding]:
    """Servers on loopback trust the proxy before them; others trust one address at most."""
    if setup.in_development:
        yield fine("in development there is none")
        return
    for server in servers_of(setup):
        found = list(_problems(server))
        yield from found
        if not found:
            trusted = server.does.trusted_proxy
            whom = "every program of this machine" if trusted == "*" else trusted
            yield fine(f"[server:{server.name}] believes {whom}, no other")


def _problems(server: Server) -> Iterator[Finding]:
    trusted, where = server.does.trusted_proxy, f"[server:{server.name}]"
    if trusted is None:
        yield wrong(
            f"{where} believes no proxy, and does not speak TLS itself: all visitors have the "
            "proxy's address, so that throttles count them as one, and redirects lead to http://",
            _THREE_LINES,
        )
        return
    yield from _heard(server, where)
    if server.is_on_loopback:
        own = _comes_from(server)
        if trusted != "*" and trusted not in own:
            yield wrong(
                f"{where} believes {trusted}, but is reached from {' or '.join(own)} only",
                f"trusted_proxy = {own[0]}",
            )
    elif trusted == "*":
        yield wrong(
            f"{where} listens on {', '.join(server.places)} and believes everybody "
            "(trusted_proxy = *): whoever reaches it can take any address",
            "listen on 127.0.0.1, or name the proxy's address in trusted_proxy",
        )
    elif server.is_on_all_interfaces:
        yield doubtful(
            f"{where} listens on all interfaces: who reaches the port goes past the proxy and "
            "its TLS",
            "listen on 127.0.0.1, or on one address that only the proxy can reach",
        )


def _comes_from(server: Server) -> list[str]:
    """Return what waitress calls a proxy that is on this machine."""
    if server.does.unix_socket:
        return ["localhost"]
    return sorted(
        {"::1" if ":" in sockaddr[0] else "127.0.0.1" for *_, sockaddr in server.does.listen}
    )


def _heard(server: Server, where: str) -> Iterator[Finding]:
    """Look at the headers that are believed."""
    headers = server.does.trusted_proxy_headers
    lacking = sorted(_NEEDED - headers)
    if lacking and "forwarded" not in headers:
        yield wrong(f"{where} does not hear {' and '.join(lacking)} of the proxy", _THREE_LINES)
    more = sorted(headers - _NEEDED - {"forwarded", "x-forwarded-by"})
    if more:
        yield doubtful(
            f"{where} hears {' and '.join(more)} too, which a proxy may pass on as visitors send "
            "it",
            "trusted_proxy_headers = x-forwarded-for x-forwarded-proto",
        )
    if not server.does.clear_untrusted_proxy_headers:
        yield doubtful(
            f"{where} leaves headers in a request that nobody vouches for",
            "clear_untrusted_proxy_headers = true",
        )
