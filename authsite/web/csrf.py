"""The CSRF check of authsite's own pages, which no setting of a host application switches off."""

from collections.abc import Callable
from typing import Any

from pyramid.exceptions import BadCSRFToken
from pyramid.response import Response

from authsite.http.methods import SAFE_METHODS
from authsite.security.policy import Guarded
from authsite.web.form_bodies import is_of_authsite
from authsite.web.request import Request
from authsite.web.site_views import ROUTE

View = Callable[[Any, Request], Response]


class CheckCsrf:
    """The view deriver that checks origin and token of every form at authsite's route or resources.

    A view of a host application for other senders has the option `require_csrf=False`; authsite's
    own views have no such option.
    """

    def __call__(self, view: View, info: Any) -> View:
        options = info.options
        is_own = options.get("route_name") == ROUTE or _is_guarded(options.get("context"))
        if info.exception_only or not is_own:
            return view
        if options.get("require_csrf") is False and not is_of_authsite(info):
            return view
        # Pyramid's own check, which wraps this view, would ask the host's policy.
        options["require_csrf"] = False
        return _checked(view)


def _is_guarded(context: Any) -> bool:
    return isinstance(context, type) and issubclass(context, Guarded)


def _checked(view: View) -> View:
    def checked(context: Any, request: Request) -> Response:
        if request.method not in SAFE_METHODS:
            token = request.headers.get("X-CSRF-Token") or request.POST.get("csrf_token")
            if not request.authsite.services.csrf.check_csrf_token(request, token):
                raise BadCSRFToken
        return view(context, request)

    return checked
