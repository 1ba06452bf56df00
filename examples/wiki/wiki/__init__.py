"""A wiki in ZODB: everyone reads, signed-in users write, authors delete."""

from pyramid.config import Configurator
from pyramid.csrf import CookieCSRFStoragePolicy
from pyramid_zodbconn import get_connection

from wiki.models import wiki_of


def root_factory(request):
    return wiki_of(get_connection(request).root())


def main(_global_config, **settings):
    with Configurator(settings=settings, root_factory=root_factory) as config:
        config.include("pyramid_jinja2")
        config.include("pyramid_tm")
        config.include("pyramid_retry")
        config.include("pyramid_zodbconn")
        config.set_csrf_storage_policy(CookieCSRFStoragePolicy())
        config.set_default_csrf_options(require_csrf=True)
        config.include("authsite", route_prefix="accounts")
        config.add_forbidden_view("authsite.send_to_sign_in")
        config.scan()
    return config.make_wsgi_app()
