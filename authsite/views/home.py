"""`/`: the public home page."""

from pyramid.response import Response
from pyramid.view import view_config

from authsite.resources import Root
from authsite.web.rendering import page
from authsite.web.request import Request


@view_config(context=Root, name="", request_method="GET", permission="public")
def home(request: Request) -> Response:
    return page(request, "home")
