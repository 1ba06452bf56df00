"""`/sign-out`."""

from pyramid.response import Response
from pyramid.view import view_defaults

from authsite.http.redirects import redirect
from authsite.resources import Root
from authsite.web.paused_sign_ins import abandon_sign_in
from authsite.web.rendering import page
from authsite.web.request import Request
from authsite.web.site_views import ROUTE, site_view


@view_defaults(route_name=ROUTE, context=Root, name="sign-out", permission="authenticated")
class SignOutPage:
    """A page with a button, so that a link cannot sign a user out (ASVS 3.5.3)."""

    def __init__(self, request: Request) -> None:
        self.request = request

    @site_view(request_method="GET")
    def show(self) -> Response:
        return page(self.request, "sign_out")

    @site_view(request_method="POST", repeatable=True)
    def submit(self) -> Response:
        """End the session, and clear the browser's cache of pages (ASVS 14.3.1)."""
        headers = [
            *self.request.authsite.services.sessions.forget(self.request),
            *abandon_sign_in(self.request),
            self.request.authsite.services.flash.set("signed-out"),
            ("Clear-Site-Data", '"cache"'),
        ]
        return redirect(self.request.authsite.path_after_sign_out, headers)
