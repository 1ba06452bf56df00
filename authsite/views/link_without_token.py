"""`/reset-password` and the like: email links that have lost their token.

`/verify-email` is a page of its own.
"""

from typing import Any

from pyramid.response import Response
from pyramid.view import render_view_to_response
from zope.interface import alsoProvides

from authsite.accounts.email_links import Purpose
from authsite.resources import EmailLinks
from authsite.web.request import Request
from authsite.web.site_views import site_view

_OPTIONS: Any = {"context": EmailLinks, "request_method": "GET", "permission": "public"}


@site_view(purpose=Purpose.CHANGE_EMAIL, **_OPTIONS)
@site_view(purpose=Purpose.RESET_PASSWORD, **_OPTIONS)
@site_view(purpose=Purpose.SECURE_ACCOUNT, **_OPTIONS)
@site_view(purpose=Purpose.VERIFY_NEW_EMAIL, **_OPTIONS)
def show_link_without_token(context: EmailLinks, request: Request) -> Response:
    """Show the page for invalid links, as for any damaged token."""
    alsoProvides(request, request.request_iface)  # Pyramid finds views of a route by it
    response: Response = render_view_to_response(context.child(""), request)
    return response
