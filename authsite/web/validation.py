"""Validation: a request that cannot be parsed gets a 400 before a view runs."""

import logging
from collections.abc import Callable

from pyramid.httpexceptions import HTTPBadRequest
from pyramid.registry import Registry
from pyramid.response import Response
from webob.cookies import RequestCookies

from authsite.http.headers import note_headers
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

#: Of `/healthz` and `/readyz`, which answer to every `Host`, since probes connect to an IP address
#: of the machine.
_PROBE_METHODS = frozenset({"GET", "HEAD"})


class RequestTooCostly(ValueError):
    """The request would take too long to parse (ASVS 15.2.2)."""


def validation_tween_factory(handler: Handler, registry: Registry) -> Handler:
    """Return the tween that checks host, path, query and cookies of requests for authsite.

    WebOb parses each on first use, where bytes that are not UTF-8 would be an error of the view
    (500). It caches the results, so that this costs next to nothing. Bodies belong to the views
    (web/form_bodies.py). Probes may name any host: their responses have neither links nor cookies.
    """
    hosts = services_of(registry).hosts
    prefix = services_of(registry).own_urls.prefix
    in_host = not services_of(registry).own_urls.are_all
    probes = {f"{prefix}/healthz", f"{prefix}/readyz"}

    def tween(request: Request) -> Response:
        if not request.authsite.is_own:
            return handler(request)
        environ = request.environ
        is_probe = (
            environ["REQUEST_METHOD"] in _PROBE_METHODS and environ.get("PATH_INFO") in probes
        )
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
        response = handler(request)
        if in_host:
            note_headers(environ, response)
        return response

    return tween


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
