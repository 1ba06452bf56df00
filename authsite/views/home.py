"""`/`: the public home page."""

from pyramid.response import Response
from pyramid.view import view_config

from authsite.pages import page
from authsite.request import Request
from authsite.resources import Root


@view_config(context=Root, name="", request_method="GET", permission="public")
def home(request: Request) -> Response:
    """Say what this is, and offer what whoever asks can do next."""
    return page(request, "home")
