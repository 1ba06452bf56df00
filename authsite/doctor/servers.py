"""The server sections of the ini file, as waitress understands them."""

import ipaddress
import warnings
from typing import NamedTuple

from waitress.adjustments import Adjustments

from authsite.doctor.subject import Subject

_PREFIX = "server:"
_WAITRESS = "egg:waitress"
#: authsite's own server, which is waitress with one more option.
_FACTORY, _OWN, _OWN_OPTION = "paste.server_factory", "authsite.application.server", "stop_timeout"
#: Sections that refer to each other; more are taken for a circle.
_MAX_DEPTH = 10


def parse_ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the IP address, or None if the host is a name."""
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


class Server(NamedTuple):
    """One section as waitress applies it, with waitress' defaults where it is silent."""

    name: str
    config: Adjustments
    #: The names of its lines.
    lines: frozenset[str]

    def __str__(self) -> str:
        return f"[server:{self.name}]"

    @property
    def places(self) -> list[str]:
        """Where it listens: host and port each, or a path."""
        if self.config.unix_socket:
            return [self.config.unix_socket]
        return [f"{sockaddr[0]}:{sockaddr[1]}" for *_, sockaddr in self.config.listen]

    @property
    def ips(self) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
        """The IP addresses it listens on; none for a Unix socket."""
        if self.config.unix_socket:
            return []
        return [
            ipaddress.ip_address(sockaddr[0].partition("%")[0])
            for *_, sockaddr in self.config.listen
        ]


def server_names(subject: Subject) -> list[str]:
    """Return the names of the sections `[server:…]`, or the one to examine."""
    names = [each.removeprefix(_PREFIX) for each in subject.sections if each.startswith(_PREFIX)]
    return [name for name in names if subject.server_name in (None, name)]


def find_servers(subject: Subject) -> list[Server]:
    """Return the servers that are waitress; raises `ValueError` for what waitress rejects."""
    found = []
    for name in server_names(subject):
        lines = _lines(subject, name)
        is_own = lines.pop(_FACTORY, "").startswith(_OWN)
        if is_own:
            lines.pop(_OWN_OPTION, None)
        if lines.pop("use", "").startswith(_WAITRESS) or is_own:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a check reports more
                found.append(Server(name, Adjustments(**lines), frozenset(lines)))
    return found


def _lines(subject: Subject, name: str, depth: int = 0) -> dict[str, str]:
    """Return the lines of a section over those of the one that it uses, as PasteDeploy does."""
    own = subject.section(f"{_PREFIX}{name}")
    used = own.get("use", "")
    if not used or ":" in used or depth == _MAX_DEPTH:
        return own
    return {**_lines(subject, used, depth + 1), **{k: v for k, v in own.items() if k != "use"}}
