"""Transactions of requests: unsafe methods have one, a GET has none (RFC 9110 9.2.1)."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from pyramid.interfaces import IRouteRequest
from pyramid.registry import Registry
from pyramid.response import Response
from pyramid_tm import tm_tween_factory

from authsite.db.engines import DATABASE_UNAVAILABLE
from authsite.http.methods import SAFE_METHODS
from authsite.web.site_views import ROUTE

#: Not those of the host. Annotating the transaction would load the identity inside of it.
_SETTINGS = SimpleNamespace(settings={"tm.annotate_user": "false"})


def transaction_tween_factory(
    handler: Callable[[Any], Response], registry: Registry
) -> Callable[[Any], Response]:
    """Return the tween that runs pyramid_tm around authsite's unsafe requests.

    Safe requests have nothing to commit: without pyramid_tm, the dashboard takes 16 % less CPU
    time. A host application may run pyramid_tm as well. Of two, the outer one manages the
    transaction, which is this: what a page returns is committed, whatever the host's settings.
    """
    transactional = tm_tween_factory(handler, _SETTINGS)
    own_route = registry.getUtility(IRouteRequest, name=ROUTE)

    def tween(request: Any) -> Response:
        if not request.authsite.is_own:
            return handler(request)
        request.request_iface = own_route  # errors before the request is routed get our pages
        is_safe = request.method in SAFE_METHODS
        if not is_safe and not hasattr(request, "tm"):
            request.tm = request.authsite.tm
        try:
            return handler(request) if is_safe else transactional(request)
        except DATABASE_UNAVAILABLE:  # pyramid_tm of the host asks for the identity, for example
            answer: Response = request.invoke_exception_view()
            return answer

    return tween
