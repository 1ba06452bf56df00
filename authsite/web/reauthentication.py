"""The view option `confirm_password`: a page opens to who has typed their password lately."""

from collections.abc import Callable
from typing import Any

from pyramid.response import Response

from authsite.clock import utc_now
from authsite.http.redirects import redirect
from authsite.security.policy import require_identity
from authsite.web.forms import SiteForm, password_field
from authsite.web.interrupted_requests import InterruptedRequest
from authsite.web.pages import form_page
from authsite.web.request import Request

View = Callable[[Any, Request], Response]


class ConfirmPasswordForm(SiteForm):
    """The password of whoever is signed in."""

    current_password = password_field(
        "Password", autocomplete="current-password", missing="Enter your password."
    )


class RequireReauthentication:
    """A view deriver: `confirm_password=True` at a view asks for the password again.

    It comes after permission and token are checked, so that strangers are sent to sign in and
    forms from elsewhere are refused as ever (ASVS 7.5.1, 7.5.3); and before all that the view's
    other options add, so that what it answers is not cached with the page.
    """

    options = ("confirm_password",)

    def __call__(self, view: View, info: Any) -> View:
        """Return the view, guarded if its options say so."""
        return _guarded(view) if info.options.get("confirm_password") else view


def _guarded(view: View) -> View:
    def guarded(context: Any, request: Request) -> Response:
        typed_ago = utc_now() - require_identity(request).authenticated_at
        if typed_ago < request.services.settings.session.reauthentication_lifetime:
            return view(context, request)
        interrupted_request = InterruptedRequest.capture(request)
        if request.method in {"GET", "HEAD"}:
            return redirect(interrupted_request.url_for(request.path_to("confirm-password")))
        form = ConfirmPasswordForm()
        return form_page(
            request,
            "confirm_password",
            form=form,
            status=403,
            interrupted_request=interrupted_request,
        )

    return guarded
