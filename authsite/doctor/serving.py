"""Servers: where they listen, and what they limit."""

import ipaddress
from collections.abc import Iterator
from itertools import combinations, product

from authsite.doctor.finding import Finding, fail, ok, warn
from authsite.doctor.servers import Server, find_servers, server_names
from authsite.doctor.subject import Subject

#: Hosts that stand for every interface.
_ANY_HOST = {str(ipaddress.IPv4Address(0)), str(ipaddress.IPv6Address(0))}
#: Sensible maxima; production.ini has less. Bytes, bytes and seconds.
_MAX = {
    "max_request_body_size": 1024 * 1024,
    "max_request_header_size": 256 * 1024,
    "channel_timeout": 60,
}
#: The default of waitress, which as many half-open connections exhaust.
_TOO_FEW_CONNECTIONS = 100


def servers(subject: Subject) -> Finding | list[Finding]:
    """There is a server, waitress accepts its section, and no two listen on one port."""
    names = server_names(subject)
    if not names:
        return fail(f"There is no section [server:{subject.server_name or 'main'}].")
    try:
        found = find_servers(subject)
    except ValueError as error:
        return fail(f"waitress does not start: {error}")
    known = {server.name for server in found}
    result = [
        warn(
            f"[server:{name}] is not waitress: check its proxy (authsite.proxy.trusted) and limits "
            "yourself."
        )
        for name in names
        if name not in known
    ]
    shared = sorted({place for one, two in combinations(found, 2) for place in _shared(one, two)})
    if shared:
        result.append(fail(f"Two servers listen on {', '.join(shared)}.", "Change one port."))
    elif found:
        result.append(ok("; ".join(f"{each.name} on {', '.join(each.places)}" for each in found)))
    return result


def _shared(one: Server, other: Server) -> Iterator[str]:
    """Yield where both would listen; a server on all interfaces is on each of them."""
    for mine, theirs in product(one.places, other.places):
        (my_host, _, my_port), (host, _, port) = mine.rpartition(":"), theirs.rpartition(":")
        if mine == theirs or (port == my_port and {my_host, host} & _ANY_HOST):
            yield mine


def threads(subject: Subject) -> list[Finding]:
    """Servers have more threads than sign-ins can wait for a hash."""
    passwords = subject.settings.passwords
    hashing = passwords.hash_queue_size + passwords.hashes_at_once
    return [
        (warn if server.config.threads <= hashing else ok)(
            f"{server} has {server.config.threads} threads; {hashing} may be waiting for hashes."
        )
        for server in find_servers(subject)
    ]


def limits(subject: Subject) -> list[Finding]:
    """Servers limit sizes, times and connections, and hide tracebacks and their name."""
    found = []
    for server in find_servers(subject):
        found += list(_unlimited(server)) or [ok(f"{server} limits what one visitor can use.")]
    return found


def _unlimited(server: Server) -> Iterator[Finding]:
    config = server.config
    if config.expose_tracebacks:
        yield fail(f"{server} shows tracebacks to visitors.", "Set expose_tracebacks = false.")
    high = {name: getattr(config, name) for name in _MAX if getattr(config, name) > _MAX[name]}
    for name, value in high.items():
        yield warn(f"{server} has {name} = {value}, which is high.")
    if config.connection_limit <= max(_TOO_FEW_CONNECTIONS, config.threads):
        yield warn(f"{server} has connection_limit = {config.connection_limit}, which is low.")
    if config.ident:
        yield warn(f"{server} sends its name to every visitor: {config.ident}.")
