"""Whether metrics can be told, and to nobody but those whom they are for."""

import ipaddress
from collections.abc import Iterator

from authsite.checks.finding import Finding, doubtful, fine, wrong
from authsite.checks.servers import server_names, servers_of
from authsite.checks.setup import Setup

_KEY = "authsite.metrics.listen"
_OF_ITS_OWN = "set AUTHSITE_METRICS_LISTEN for each process: 127.0.0.1:9101, 127.0.0.1:9102"


def metrics(setup: Setup) -> Iterator[Finding]:
    """They are told at an address of each process's own, which few can reach."""
    listen = setup.settings.metrics.listen
    if listen is None:
        yield fine("nothing is measured")
        return
    sites = [place for server in servers_of(setup) for place in server.places]
    if str(listen) in sites:
        yield wrong(f"metrics are to be told at {listen}, where the site listens", _OF_ITS_OWN)
    elif _is_unspecified(listen.host):
        yield doubtful(
            f"metrics are told to every network that this machine is in, at {listen}",
            f"{_KEY} = 127.0.0.1:{listen.port}, or an address that only Prometheus reaches",
        )
    elif setup.app.get(_KEY) and len(server_names(setup)) > 1:
        yield doubtful(f"all servers are given {listen}, and only one can have it", _OF_ITS_OWN)
    else:
        yield fine(f"they are told at {listen}")


def _is_unspecified(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False
