"""`/sign-out`."""

from pyramid.response import Response
from pyramid.security import forget
from pyramid.view import view_config, view_defaults

from authsite.http.redirects import redirect
from authsite.resources import Root
from authsite.web.paused_sign_ins import abandon_sign_in
from authsite.web.rendering import page
from authsite.web.request import Request


@view_defaults(context=Root, name="sign-out", permission="authenticated")
class SignOutPage:
    """A page with a button, so that a link cannot sign a user out (ASVS 3.5.3)."""

    def __init__(self, request: Request) -> None:
        self.request = request

    @view_config(request_method="GET")
    def show(self) -> Response:
        return page(self.request, "sign_out")

    @view_config(request_method="POST", repeatable=True)
    def submit(self) -> Response:
        """End the session, and clear the browser's cache of pages (ASVS 14.3.1)."""
        headers = [
            *forget(self.request),
            *abandon_sign_in(self.request),
            self.request.services.flash.set("signed-out"),
            ("Clear-Site-Data", '"cache"'),
        ]
        return redirect(self.request.path_after_sign_out, headers)
