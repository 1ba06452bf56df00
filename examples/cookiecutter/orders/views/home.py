"""The home page, for everyone."""

from pyramid.view import view_config


@view_config(route_name="home", request_method="GET", renderer="orders:templates/home.jinja2")
def show(_request):
    return {}
