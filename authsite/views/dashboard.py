"""`/dashboard`: the page that users see after signing in."""

from pyramid.response import Response

from authsite.resources import Root
from authsite.web.rendering import page
from authsite.web.request import Request
from authsite.web.site_views import site_view


@site_view(context=Root, name="dashboard", request_method="GET", permission="authenticated")
def dashboard(request: Request) -> Response:
    return page(request, "dashboard")
