"""The hosts and origins of this site."""

import re

from pyramid.request import Request

_PORT = re.compile(r":[0-9]+$")
_LOCAL = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?")


class Hosts:
    """The allow-list: the host of `authsite.site.url` and, in development, localhost.

    Any other `Host` would end up in redirects (RFC 9112 3.2, ASVS 4.1).
    """

    def __init__(self, site_url: str, *, dev: bool) -> None:
        scheme, _, host = site_url.partition("://")
        default_port = {"http": ":80", "https": ":443"}[scheme]
        host = host.removesuffix(default_port)
        self._origin = f"{scheme}://{host}"
        self._hosts = {host} if _PORT.search(host) else {host, host + default_port}
        self._dev = dev

    def allows(self, host: str) -> bool:
        host = host.lower()
        return host in self._hosts or (self._dev and _LOCAL.fullmatch(host) is not None)

    def is_own_origin(self, origin: str, request: Request) -> bool:
        if origin == self._origin:
            return True
        scheme, _, host = origin.partition("://")
        return self._dev and scheme == request.scheme and host == request.host and self.allows(host)
