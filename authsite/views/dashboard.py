"""`/dashboard`: the first page of the protected section."""

from pyramid.response import Response
from pyramid.view import view_config

from authsite.pages import page
from authsite.request import Request
from authsite.resources import Root


@view_config(context=Root, name="dashboard", request_method="GET", permission="authenticated")
def dashboard(request: Request) -> Response:
    """Greet whoever is signed in."""
    return page(request, "dashboard")
