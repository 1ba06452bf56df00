"""Validation: a request that cannot be parsed gets a 400 before a view runs."""

import logging
import re
from collections.abc import Callable

from pyramid.httpexceptions import HTTPBadRequest
from pyramid.registry import Registry
from pyramid.response import Response

from authsite.services import services_of
from authsite.web.request import Request
from authsite.web.transactions import SAFE_METHODS

log = logging.getLogger(__name__)

Handler = Callable[[Request], Response]

#: More than any form or link has. Parsing ten thousand takes as long as fifty pages.
MAX_FIELDS = 1000
#: Bytes; a boundary has at most 70 (RFC 2046 5.1.1).
MAX_CONTENT_TYPE = 500
#: Bytes of all headers of a part. The time of Python's parser grows with their square: a second
#: for 60 KB.
MAX_PART_HEAD = 1000

#: These answer to every `Host`, since probes connect to an IP address of the machine.
PROBES = frozenset({"/healthz", "/readyz"})
_PROBE_METHODS = frozenset({"GET", "HEAD"})

_BOUNDARY = re.compile(r'boundary="?([^";,]+)', re.IGNORECASE)
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")


class RequestTooCostly(ValueError):
    """The request would take too long to parse (ASVS 15.2.2)."""


def validation_tween_factory(handler: Handler, registry: Registry) -> Handler:
    """Return the tween that checks the host and parses path, query, cookies and form.

    WebOb parses each on first use, where bytes that are not UTF-8 would be an error of the view
    (500). It caches the results, so that this costs next to nothing. Probes may name any host:
    their responses have neither links nor cookies.
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
    _refuse_too_many_fields(environ.get("QUERY_STRING", "").count("&"))
    if not environ.get("PATH_INFO", "").isascii():
        request.path_info  # noqa: B018 - raises UnicodeDecodeError
    if environ.get("QUERY_STRING"):
        request.GET  # noqa: B018
    cookies = environ.get("HTTP_COOKIE", "")
    if "\\" in cookies or not cookies.isascii():
        list(request.cookies.items())
    if environ["REQUEST_METHOD"] not in SAFE_METHODS:
        _refuse_costly_body(request)
        request.POST  # noqa: B018


def _refuse_costly_body(request: Request) -> None:
    content_type = request.environ.get("CONTENT_TYPE", "")
    if len(content_type) > MAX_CONTENT_TYPE:
        raise RequestTooCostly
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type in {"", "application/x-www-form-urlencoded"}:
        _refuse_too_many_fields(request.body.count(b"&"))
    elif media_type == "multipart/form-data" and (match := _BOUNDARY.search(content_type)):
        _, *parts = request.body.split(b"--" + match[1].encode("latin-1"))
        if any(len(_END_OF_HEAD.split(part, maxsplit=1)[0]) > MAX_PART_HEAD for part in parts):
            raise RequestTooCostly


def _refuse_too_many_fields(separators: int) -> None:
    if separators >= MAX_FIELDS:
        raise RequestTooCostly
