"""`/sign-out`: a page with a button, and what the button does."""

from pyramid.response import Response
from pyramid.security import forget
from pyramid.view import view_config, view_defaults

from authsite.http.redirects import redirect
from authsite.resources import Root
from authsite.web.rendering import page
from authsite.web.request import Request


@view_defaults(context=Root, name="sign-out", permission="authenticated")
class SignOutPage:
    """A link that somebody follows signs nobody out (ASVS 3.5.3)."""

    def __init__(self, request: Request) -> None:
        self.request = request

    @view_config(request_method="GET")
    def show(self) -> Response:
        """Ask whether that is what the person wants."""
        return page(self.request, "sign_out")

    @view_config(request_method="POST")
    def submit(self) -> Response:
        """End the session, and let the browser forget the pages that it has kept (ASVS 14.3.1)."""
        headers = [
            *forget(self.request),
            self.request.services.flash.set("signed-out"),
            ("Clear-Site-Data", '"cache"'),
        ]
        return redirect(self.request.path_to("sign-in"), headers)
