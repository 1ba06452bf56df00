"""Metrics: they have an address of their own, on which no other program listens."""

import contextlib
import http.client
import socket

from authsite.doctor.finding import Finding, fail, ok, warn
from authsite.doctor.servers import find_servers, parse_ip, server_names
from authsite.doctor.subject import Subject
from authsite.settings.parsers import ListenAddress

_OFF = "Metrics are off."
#: A metric of authsite only.
_OURS = b"authsite_build_info"


def address(subject: Subject) -> Finding:
    """Metrics have an address of their own, which is not public."""
    listen = subject.settings.metrics.listen
    if listen is None:
        return ok(_OFF)
    ip = parse_ip(listen.host)
    if str(listen) in (place for server in find_servers(subject) for place in server.places):
        return fail(f"Metrics and the site would both listen on {listen}.")
    if ip and ip.is_unspecified:
        fix = f"Set 127.0.0.1:{listen.port}, or an address that only Prometheus reaches."
        return warn(f"Metrics are served to every network, at {listen}.", fix)
    if subject.app.get("authsite.metrics.listen") and len(server_names(subject)) > 1:
        return warn(f"All servers would serve metrics at {listen}; one can.")
    return ok(f"Metrics are served at {listen}.")


def port(subject: Subject) -> Finding:
    """No other program listens on the port of the metrics."""
    listen = subject.settings.metrics.listen
    if listen is None:
        return ok(_OFF)
    try:
        _bind(listen)
    except OSError as error:
        if _serves_metrics(listen, subject.timeout):
            return ok(f"A process of the site serves its metrics at {listen}.")
        return warn(f"Metrics cannot be served at {listen}: {error.strerror}.")
    return ok(f"{listen} is free.")


def _bind(listen: ListenAddress) -> None:
    """Claim the address for a moment; no program can connect meanwhile."""
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    with socket.socket(family) as claimed:
        claimed.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        claimed.bind(tuple(listen))


def _serves_metrics(listen: ListenAddress, timeout: float) -> bool:
    """Whether a process of a site answers there."""
    connection = http.client.HTTPConnection(listen.host, listen.port, timeout=timeout)
    with contextlib.closing(connection):
        try:
            connection.request("GET", "/metrics")
            return _OURS in connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            return False
