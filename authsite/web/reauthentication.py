"""Re-authentication: the view option `confirm_password` (NIST SP 800-63B-4, ASVS 7.5)."""

from collections.abc import Callable
from typing import Any

from pyramid.response import Response

from authsite.clock import utc_now
from authsite.http.redirects import redirect
from authsite.security.sessions import current_identity, require_identity
from authsite.web.forms import SiteForm, password_field
from authsite.web.interrupted_requests import InterruptedRequest
from authsite.web.pages import form_page
from authsite.web.request import Request

View = Callable[[Any, Request], Response]


class ConfirmPasswordForm(SiteForm):
    """The password of the signed-in user."""

    current_password = password_field(
        "Password", autocomplete="current-password", missing="Enter your password."
    )


class RequireReauthentication:
    """The view deriver that protects views with `confirm_password=True` (ASVS 7.5.1, 7.5.3).

    It runs after the checks of permission and CSRF token, so that anonymous visitors are sent to
    sign in and forged forms are refused, and before the view's other options, so that its response
    is not cached with the page.
    """

    options = ("confirm_password",)

    def __call__(self, view: View, info: Any) -> View:
        return _protected(view) if info.options.get("confirm_password") else view


def _protected(view: View) -> View:
    def protected(context: Any, request: Request) -> Response:
        current_identity(request)  # for a page, it may be from the read replica
        age = utc_now() - require_identity(request).authenticated_at
        if age < request.authsite.services.settings.session.reauthentication_lifetime:
            return view(context, request)
        interrupted_request = InterruptedRequest.capture(request)
        if request.method in {"GET", "HEAD"}:
            return redirect(interrupted_request.url_for(request.authsite.path("confirm-password")))
        return form_page(
            request,
            "confirm_password",
            form=ConfirmPasswordForm(),
            status=403,
            interrupted_request=interrupted_request,
        )

    return protected
