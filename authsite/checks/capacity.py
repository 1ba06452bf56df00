"""Whether the servers stay up when many come, or some who mean harm."""

import os
from collections.abc import Iterator

from authsite.checks.finding import Finding, doubtful, fine, wrong
from authsite.checks.servers import Server, servers_of
from authsite.checks.setup import Setup

#: The most that is sensible for each; production.ini has less. Bytes, bytes and seconds.
_MAX = {
    "max_request_body_size": 1024 * 1024,
    "max_request_header_size": 256 * 1024,
    "channel_timeout": 60,
}
#: What waitress has by itself, which as many half-open connections stop.
_TOO_FEW_CONNECTIONS = 100


def threads(setup: Setup) -> Iterator[Finding]:
    """There are more than sign-ins that may wait for a hash, so that some are left for pages."""
    if setup.in_development:
        yield fine("in development few come")
        return
    passwords = setup.settings.passwords
    hashing = passwords.hash_queue_size + (passwords.hash_threads or os.cpu_count() or 1)
    for server in servers_of(setup):
        has = server.does.threads
        if has <= hashing:
            yield doubtful(
                f"[server:{server.name}] has {has} threads, and {hashing} sign-ins may hold one "
                "each while they wait for a hash: in a storm of them no page is answered",
                f"threads = {hashing + hashing // 5}, or less in "
                "authsite.passwords.hash_queue_size and authsite.passwords.hash_threads",
            )
        else:
            yield fine(f"[server:{server.name}] has {has} threads for {hashing} hashes at most")


def limits(setup: Setup) -> Iterator[Finding]:
    """Nobody sends without end, stays without end, takes every connection, or sees a traceback."""
    if setup.in_development:
        yield fine("in development nobody means harm")
        return
    for server in servers_of(setup):
        found = list(_loose(server))
        yield from found
        if not found:
            yield fine(f"[server:{server.name}] bounds what one visitor can take")


def _loose(server: Server) -> Iterator[Finding]:
    where = f"[server:{server.name}]"
    if server.does.expose_tracebacks:
        yield wrong(f"{where} shows tracebacks to visitors", "expose_tracebacks = false")
    has = {name: getattr(server.does, name) for name in _MAX}
    for name, most in _MAX.items():
        if has[name] > most:
            yield doubtful(f"{where} has {name} = {has[name]}", "take what production.ini has")
    if server.does.connection_limit <= max(_TOO_FEW_CONNECTIONS, server.does.threads):
        yield doubtful(
            f"{where} has connection_limit = {server.does.connection_limit}: as many slow clients "
            "stop it",
            "connection_limit = 1000",
        )
    if server.does.ident:
        yield doubtful(f"{where} tells everybody what it is: {server.does.ident}", "ident =")
