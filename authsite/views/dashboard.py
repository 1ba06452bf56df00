"""`/dashboard`: the page that users see after signing in."""

from pyramid.response import Response
from pyramid.view import view_config

from authsite.resources import Root
from authsite.web.rendering import page
from authsite.web.request import Request


@view_config(context=Root, name="dashboard", request_method="GET", permission="authenticated")
def dashboard(request: Request) -> Response:
    return page(request, "dashboard")
