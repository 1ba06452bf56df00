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
    places = {place for server in find_servers(subject) for place in server.places}
    shared = [str(each) for each in listen.each if str(each) in places]
    if shared:
        return fail(f"Metrics and the site would both listen on {', '.join(shared)}.")
    if ip and ip.is_unspecified:
        fix = (
            f"Set {listen._replace(host='127.0.0.1')}, or an address that only Prometheus reaches."
        )
        return warn(f"Metrics are served to every network, at {listen}.", fix)
    processes, ports = len(server_names(subject)), len(listen.each)
    if subject.app.get("authsite.metrics.listen") and processes > ports:
        return warn(
            f"{processes} servers would serve metrics at {listen}, which is enough for {ports}."
        )
    return ok(f"Metrics are served at {listen}.")


def port(subject: Subject) -> Finding:
    """No other program listens on the port of the metrics."""
    listen = subject.settings.metrics.listen
    if listen is None:
        return ok(_OFF)
    taken = {each: reason for each in listen.each if (reason := _why_not(each))}
    problems = [
        f"{each}: {reason}"
        for each, reason in taken.items()
        if not _serves_metrics(each, subject.timeout)
    ]
    if problems:
        return warn(f"Metrics cannot be served at {'; '.join(problems)}.")
    return ok(f"No other program listens at {listen}.")


def _why_not(listen: ListenAddress) -> str | None:
    """Claim the address for a moment; return the error, or None if it is free.

    No program can connect meanwhile.
    """
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    with socket.socket(family) as claimed:
        claimed.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            claimed.bind((listen.host, listen.port))
        except OSError as error:
            return error.strerror
    return None


def _serves_metrics(listen: ListenAddress, timeout: float) -> bool:
    """Whether a process of a site answers there."""
    connection = http.client.HTTPConnection(listen.host, listen.port, timeout=timeout)
    with contextlib.closing(connection):
        try:
            connection.request("GET", "/metrics")
            return _OURS in connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            return False
