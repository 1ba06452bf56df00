"""`/readyz`: whether this process can serve requests, for load balancers."""

from pyramid.response import Response

from authsite.resources import Root
from authsite.web.request import Request
from authsite.web.site_views import site_view


@site_view(context=Root, name="readyz", request_method="GET", permission="public")
def readyz(request: Request) -> Response:
    """Return `ready`, or the problem in one word (503); the log has the details."""
    problem = request.authsite.services.readiness.problem()
    status = 503 if problem else 200
    return Response(f"{problem or 'ready'}\n", status, content_type="text/plain", charset="utf-8")
