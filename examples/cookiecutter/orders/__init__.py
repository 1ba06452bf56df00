"""A shop: signed-in users order, clerks deliver."""

from pyramid.config import Configurator

from orders.security import roles_of


def main(_global_config, **settings):
    with Configurator(settings=settings) as config:
        config.include("pyramid_jinja2")
        config.include(".models")
        config.include(".security")
        config.include("authsite", route_prefix="accounts")
        config.set_authsite_principals(roles_of)
        config.add_forbidden_view("authsite.send_to_sign_in")
        config.include(".routes")
        config.scan()
    return config.make_wsgi_app()
