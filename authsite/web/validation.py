"""Validation: a request that cannot be parsed gets a 400 before a view runs."""

import logging
from collections.abc import Callable

from pyramid.httpexceptions import HTTPBadRequest
from pyramid.registry import Registry
from pyramid.response import Response
from webob.cookies import RequestCookies

from authsite.services import services_of
from authsite.web.request import Request

log = logging.getLogger(__name__)

Handler = Callable[[Request], Response]

#: More than any form or link has. Parsing ten thousand takes as long as fifty pages.
MAX_FIELDS = 1000
#: Percent signs in a query: WebOb decodes them in a time that grows with their square, 0.1 s for
#: 30,000. Headers of 32 KB hold fewer than 11,000 quoted characters.
MAX_ESCAPES = 10_000

#: Characters of a cookie with a backslash or with characters beyond ASCII, or without a name.
MAX_ENCODED_COOKIE = 500

#: These answer to every `Host`, since probes connect to an IP address of the machine.
PROBES = frozenset({"/healthz", "/readyz"})
_PROBE_METHODS = frozenset({"GET", "HEAD"})


class RequestTooCostly(ValueError):
    """The request would take too long to parse (ASVS 15.2.2)."""


def validation_tween_factory(handler: Handler, registry: Registry) -> Handler:
    """Return the tween that checks the host and parses path, query and cookies.

    WebOb parses each on first use, where bytes that are not UTF-8 would be an error of the view
    (500). It caches the results, so that this costs next to nothing. Bodies belong to the views
    (web/form_bodies.py). Probes may name any host: their responses have neither links nor cookies.
    """
    hosts = services_of(registry).hosts

    def tween(request: Request) -> Response:
        is_probe = _is_probe(request)
        if not is_probe and not hosts.allows(request.environ.get("HTTP_HOST", "")):
            log.warning("malicious_host: not a host of this site")
            raise HTTPBadRequest
        try:
            _parse(request)
        except Exception as error:  # of any type, from WebOb's parsers
            log.warning("input_validation_fail: unreadable: %s", type(error).__name__)
            raise HTTPBadRequest from error
        if is_probe:  # never loads a session
            request.environ.pop("HTTP_COOKIE", None)
        return handler(request)

    return tween


def _is_probe(request: Request) -> bool:
    environ = request.environ
    return environ["REQUEST_METHOD"] in _PROBE_METHODS and environ.get("PATH_INFO") in PROBES


def _parse(request: Request) -> None:
    environ = request.environ
    query = environ.get("QUERY_STRING", "")
    if query.count("&") >= MAX_FIELDS or query.count("%") > MAX_ESCAPES:
        raise RequestTooCostly
    if not environ.get("PATH_INFO", "").isascii():
        request.path_info  # noqa: B018 - raises UnicodeDecodeError
    if query:
        request.GET  # noqa: B018
    _parse_cookies(environ.get("HTTP_COOKIE", ""))


def _parse_cookies(header: str) -> None:
    """Parse the cookies whose text WebOb has to decode, which can fail.

    Its time grows with the square of the letters that are no name of a cookie: seconds for 30 KB.
    """
    for pair in header.split(";"):
        is_encoded = "\\" in pair or not pair.isascii()
        if (is_encoded or "=" not in pair) and len(pair) > MAX_ENCODED_COOKIE:
            raise RequestTooCostly
        if is_encoded:
            list(RequestCookies({"HTTP_COOKIE": pair}).items())
