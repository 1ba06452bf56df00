"""The server sections of the ini file, as waitress understands them."""

import ipaddress
import warnings
from collections.abc import Iterator
from itertools import combinations, product
from typing import NamedTuple

from waitress.adjustments import Adjustments

from authsite.checks.finding import Finding, doubtful, fine, wrong
from authsite.checks.setup import Setup

_PREFIX = "server:"
_WAITRESS = "egg:waitress"
#: How an address is written that is every one of this machine.
_EVERYWHERE = {str(ipaddress.IPv4Address(0)), str(ipaddress.IPv6Address(0))}
#: Sections that refer to each other, before it is a circle.
_DEEPEST = 10


class Server(NamedTuple):
    """What one section makes waitress do, with what it does by itself where nothing is said."""

    name: str
    does: Adjustments

    @property
    def places(self) -> list[str]:
        """Where it listens: addresses with a port, or a path."""
        if self.does.unix_socket:
            return [self.does.unix_socket]
        return [f"{sockaddr[0]}:{sockaddr[1]}" for *_, sockaddr in self.does.listen]

    @property
    def is_on_loopback(self) -> bool:
        """Whether only programs on this machine reach it."""
        return self.does.unix_socket is not None or all(
            ipaddress.ip_address(sockaddr[0].partition("%")[0]).is_loopback
            for *_, sockaddr in self.does.listen
        )

    @property
    def is_on_all_interfaces(self) -> bool:
        """Whether every network that the machine is in reaches it."""
        return self.does.unix_socket is None and any(
            ipaddress.ip_address(sockaddr[0].partition("%")[0]).is_unspecified
            for *_, sockaddr in self.does.listen
        )


def servers_of(setup: Setup) -> list[Server]:
    """Return the servers that waitress can be, of those that are asked for."""
    found = []
    for name, said in _said(setup).items():
        if said.pop("use", "").startswith(_WAITRESS):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # it warns where a check says more
                found.append(Server(name, Adjustments(**said)))
    return found


def server_names(setup: Setup) -> list[str]:
    """Return the names of the sections `[server:…]`, or the one that is asked for."""
    names = [each.removeprefix(_PREFIX) for each in setup.sections if each.startswith(_PREFIX)]
    return [name for name in names if setup.server_name in (None, name)]


def _said(setup: Setup) -> dict[str, dict[str, str]]:
    return {name: _inherited(setup, name) for name in server_names(setup)}


def _inherited(setup: Setup, name: str, depth: int = 0) -> dict[str, str]:
    """Return what a section says, and what the one says that it uses, as PasteDeploy has it."""
    said = setup.section(f"{_PREFIX}{name}")
    used = said.get("use", "")
    if not used or ":" in used or depth == _DEEPEST:
        return said
    return {**_inherited(setup, used, depth + 1), **{k: v for k, v in said.items() if k != "use"}}


def servers(setup: Setup) -> Iterator[Finding]:
    """There is one, waitress takes what its section says, and no two listen at one place."""
    said = _said(setup)
    if not said:
        asked = setup.server_name or "main"
        yield wrong(f"there is no section [server:{asked}]", "production.ini has one")
        return
    for name, told in said.items():
        if not told.get("use", "").startswith(_WAITRESS):
            yield doubtful(
                f"[server:{name}] is no waitress, so nothing is said of it",
                "see for yourself what it believes of a proxy, and how much it lets in",
            )
    try:
        found = servers_of(setup)
    except ValueError as error:
        yield wrong(f"waitress does not start: {error}", "mend that in its section [server:…]")
        return
    twice = sorted({place for one, other in combinations(found, 2) for place in _both(one, other)})
    if twice:
        yield wrong(f"two servers listen on {', '.join(twice)}", "give each a port of its own")
    elif found:
        places = [place for server in found for place in server.places]
        yield fine(f"{', '.join(each.name for each in found)} on {', '.join(places)}")


def _both(one: Server, other: Server) -> Iterator[str]:
    """Yield where both would listen; on all interfaces is on each of them."""
    for mine, theirs in product(one.places, other.places):
        (my_host, _, my_port), (host, _, port) = mine.rpartition(":"), theirs.rpartition(":")
        if mine == theirs or (port == my_port and {my_host, host} & _EVERYWHERE):
            yield mine
