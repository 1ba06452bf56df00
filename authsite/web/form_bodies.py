"""The bodies of authsite's own pages: forms of bounded size, checked before they are parsed."""

import logging
from collections.abc import Callable
from typing import Any

from pyramid.httpexceptions import (
    HTTPBadRequest,
    HTTPClientError,
    HTTPLengthRequired,
    HTTPRequestEntityTooLarge,
    HTTPUnsupportedMediaType,
)
from pyramid.response import Response
from webob.multidict import MultiDict

from authsite.http.methods import SAFE_METHODS
from authsite.web.request import Request
from authsite.web.site_views import ROUTE
from authsite.web.validation import MAX_FIELDS

log = logging.getLogger(__name__)

View = Callable[[Any, Request], Response]

#: Bytes, as in production.ini; forms are far smaller. Host applications may allow more elsewhere.
MAX_BODY = 65_536
#: Bytes; the parser's time grows with the square of the parameters.
MAX_CONTENT_TYPE = 500
#: No page takes files. Python's parser of multipart bodies needs seconds for 64 KB.
FORM_TYPES = frozenset({"", "application/x-www-form-urlencoded"})


class CheckFormBody:
    """The view deriver that reads the forms of authsite's own views, before the CSRF check does.

    A view is authsite's own if a module of authsite registers it. Views of a host application take
    bodies of any type and size. Only forms that `refusal_of` accepts are read before, to recognize
    those that are sent again.
    """

    def __call__(self, view: View, info: Any) -> View:
        is_own = info.options.get("route_name") == ROUTE and is_of_authsite(info)
        return _checked(view) if is_own and not info.exception_only else view


def is_of_authsite(info: Any) -> bool:
    """Whether a module of authsite has registered the view."""
    name: str = info.package.__name__
    return name.partition(".")[0] == "authsite"


def _checked(view: View) -> View:
    def checked(context: Any, request: Request) -> Response:
        if request.method not in SAFE_METHODS:
            _check(request)
        return view(context, request)

    return checked


def _check(request: Request) -> None:
    """Parse the form, or raise the error that says why not (RFC 9110 15.5)."""
    refusal = refusal_of(request)
    if refusal:
        log.warning("input_validation_fail: a body refused: %s", refusal.title)
        raise refusal
    _parse(request)


def refusal_of(request: Request) -> HTTPClientError | None:
    """Return why the body is no form of bounded size and type; None if it can be parsed."""
    if request.content_type not in FORM_TYPES:  # as WebOb reads it, so that both agree
        return HTTPUnsupportedMediaType()
    if request.content_length is None and request.is_body_readable:
        return HTTPLengthRequired()
    if (request.content_length or 0) > MAX_BODY:
        return HTTPRequestEntityTooLarge()
    is_costly = (
        len(request.environ.get("CONTENT_TYPE", "")) > MAX_CONTENT_TYPE
        or request.body.count(b"&") >= MAX_FIELDS
    )
    return HTTPBadRequest() if is_costly else None


def _parse(request: Request) -> MultiDict[str]:
    """Return the form; raises `HTTPBadRequest` if the body cannot be parsed.

    WebOb's parsers raise errors of any type, which would be errors of the site (500).
    """
    try:
        return request.POST
    except Exception as error:
        log.warning("input_validation_fail: unreadable: %s", type(error).__name__)
        raise HTTPBadRequest from error


def form_of(request: Request) -> MultiDict[str] | None:
    """Return the form that a page of this site sent; None if there is none that can be parsed."""
    is_own = request.method == "POST" and request.authsite.services.csrf.is_same_origin(request)
    if not is_own or refusal_of(request):
        return None
    try:
        return _parse(request)
    except HTTPBadRequest:
        return None
