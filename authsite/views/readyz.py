"""`/readyz`: whether requests should be sent to this process, for whoever sends them."""

from pyramid.response import Response
from pyramid.view import view_config

from authsite.resources import Root
from authsite.web.request import Request


@view_config(context=Root, name="readyz", request_method="GET", permission="public")
def readyz(request: Request) -> Response:
    """Say `ready`, or in one word what is missing (503); the log says more of it."""
    missing = request.services.readiness.problem()
    status = 503 if missing else 200
    return Response(f"{missing or 'ready'}\n", status, content_type="text/plain", charset="utf-8")
