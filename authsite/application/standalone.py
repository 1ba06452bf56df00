"""A site of its own: authsite without a prefix, and what it wants for every URL.

`config.include("authsite.application.standalone")` is for applications that are an account site
with some pages of their own. `authsite:main` is that without any.
"""

from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError
from pyramid.interfaces import ICSRFStoragePolicy, IRequestFactory, IRootFactory

from authsite.application.includeme import add_authsite
from authsite.resources import Root
from authsite.services import services_of
from authsite.web.request import AuthsiteRequest, Request
from authsite.web.site_views import EVERYWHERE

#: After the action that completes authsite.
_LAST = 10_000


def includeme(config: Configurator) -> None:
    """Make the application an account site: its headers and error pages are those of every URL.

    A view that names no permission requires `authenticated`, and every form needs a token.
    """
    if config.route_prefix:
        raise ConfigurationError("a stand-alone site takes no route_prefix; include authsite")
    add_authsite(config, is_standalone=True)
    config.set_default_permission("authenticated")
    config.set_default_csrf_options(require_csrf=True, check_origin=False)
    config.scan("authsite.views", categories=(EVERYWHERE,))
    config.action(("authsite", "factories"), lambda: _register_factories(config), order=_LAST)
    config.action(("authsite", "csrf"), lambda: _register_csrf_policy(config), order=_LAST)


def _register_factories(config: Configurator) -> None:
    """Let requests have `authsite`, and the pages of routes the permissions of `Root`.

    The application may have factories of its own.
    """
    registry = config.registry
    request_factory = registry.queryUtility(IRequestFactory)
    if request_factory is None:
        registry.registerUtility(Request, IRequestFactory)
    elif not hasattr(request_factory, "authsite"):
        at_once = Configurator(registry, autocommit=True)
        at_once.add_request_method(AuthsiteRequest, "authsite", reify=True)
    if registry.queryUtility(IRootFactory) is None:
        registry.registerUtility(Root, IRootFactory)


def _register_csrf_policy(config: Configurator) -> None:
    policy = services_of(config.registry).csrf
    config.registry.registerUtility(policy, ICSRFStoragePolicy)
