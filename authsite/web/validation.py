"""Requests that nobody can read get a 400, before any page looks at them."""

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

#: More than any form or link has. Ten thousand take fifty times as long as a page does.
MAX_FIELDS = 1000
#: Bytes; a boundary has at most 70 (RFC 2046, 5.1.1).
MAX_CONTENT_TYPE = 500
#: Bytes that a part may say of itself, over all its lines. Python's parser takes the square of
#: their number: a second for 60 KB.
MAX_PART_HEAD = 1000

#: Whoever probes comes by an address of the machine, so that these answer to every `Host`.
PROBES = frozenset({"/healthz", "/readyz"})
_PROBED_BY = frozenset({"GET", "HEAD"})

_BOUNDARY = re.compile(r'boundary="?([^";,]+)', re.IGNORECASE)
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")


class RequestTooCostly(ValueError):
    """To parse this would keep the others waiting (ASVS 15.2.2)."""


def validation_tween_factory(handler: Handler, registry: Registry) -> Handler:
    """Parse path, query, cookies and form once, here, where failing is expected.

    WebOb parses each when somebody asks, and bytes that are no UTF-8 are then an error of the
    page that asked (a 500). What was parsed stays parsed, so this costs a page next to nothing.
    The `Host` is judged here too: whatever it says ends up in redirects, but for the two answers
    that have neither links nor cookies.
    """
    hosts = services_of(registry).hosts

    def tween(request: Request) -> Response:
        is_probe = _is_probe(request)
        if not is_probe and not hosts.allows(request.environ.get("HTTP_HOST", "")):
            log.warning("malicious_host: not a host of this site")
            raise HTTPBadRequest
        try:
            _parse(request)
        except Exception as error:  # whatever its parsers choke on, it is the sender's
            log.warning("input_validation_fail: unreadable: %s", type(error).__name__)
            raise HTTPBadRequest from error
        if is_probe:  # no session is looked up for a machine, whatever cookie it holds
            request.environ.pop("HTTP_COOKIE", None)
        return handler(request)

    return tween


def _is_probe(request: Request) -> bool:
    environ = request.environ
    return environ["REQUEST_METHOD"] in _PROBED_BY and environ.get("PATH_INFO") in PROBES


def _parse(request: Request) -> None:
    environ = request.environ
    _refuse_too_many_fields(environ.get("QUERY_STRING", "").count("&"))
    if not environ.get("PATH_INFO", "").isascii():
        request.path_info  # noqa: B018 - for its errors
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
    kind = content_type.partition(";")[0].strip().lower()
    if kind in {"", "application/x-www-form-urlencoded"}:
        _refuse_too_many_fields(request.body.count(b"&"))
    elif kind == "multipart/form-data" and (match := _BOUNDARY.search(content_type)):
        _, *parts = request.body.split(b"--" + match[1].encode("latin-1"))
        if any(len(_END_OF_HEAD.split(part, maxsplit=1)[0]) > MAX_PART_HEAD for part in parts):
            raise RequestTooCostly


def _refuse_too_many_fields(separators: int) -> None:
    if separators >= MAX_FIELDS:
        raise RequestTooCostly
