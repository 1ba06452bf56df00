"""`/`: the public home page."""

from pyramid.response import Response

from authsite.resources import Root
from authsite.web.rendering import page
from authsite.web.request import Request
from authsite.web.site_views import site_view


@site_view(context=Root, name="", request_method="GET", permission="public")
def home(request: Request) -> Response:
    return page(request, "home")
