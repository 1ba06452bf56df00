"""Notes: users create tokens on a page, programs add notes with them."""

from pyramid.config import Configurator


def main(_global_config, **settings):
    with Configurator(settings=settings) as config:
        config.include("pyramid_jinja2")
        config.include(".models")
        config.include(".security")
        config.include("authsite", route_prefix="accounts")
        config.add_route("tokens", "/tokens")
        config.add_route("notes", "/api/notes")
        config.scan()
    return config.make_wsgi_app()
