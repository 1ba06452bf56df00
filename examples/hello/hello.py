"""A page that greets signed-in users."""

from pyramid.config import Configurator
from pyramid.response import Response


def hello(request):
    return Response(f"Hello {request.authsite.user.first_name}", content_type="text/plain")


def main(_global_config, **settings):
    with Configurator(settings=settings) as config:
        config.include("authsite", route_prefix="accounts")
        config.add_forbidden_view("authsite.send_to_sign_in")
        config.add_route("hello", "/")
        config.add_view(hello, route_name="hello", permission="authenticated")
    return config.make_wsgi_app()
