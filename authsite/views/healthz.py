"""`/healthz`: whether the process is alive, for supervisors that restart it."""

from pyramid.response import Response

from authsite.resources import Root
from authsite.web.request import Request
from authsite.web.site_views import site_view


@site_view(context=Root, name="healthz", request_method="GET", permission="public")
def healthz(_request: Request) -> Response:
    """Check nothing else: an unavailable database is no reason to restart the process."""
    return Response("alive\n", content_type="text/plain", charset="utf-8")
