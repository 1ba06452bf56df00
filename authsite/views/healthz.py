"""`/healthz`: whether the process lives, for whoever would start it anew."""

from pyramid.response import Response
from pyramid.view import view_config

from authsite.resources import Root
from authsite.web.request import Request


@view_config(context=Root, name="healthz", request_method="GET", permission="public")
def healthz(_request: Request) -> Response:
    """Say so, without a look at anything else: a database that is away is no reason to restart."""
    return Response("alive\n", content_type="text/plain", charset="utf-8")
