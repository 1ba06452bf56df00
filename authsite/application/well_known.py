"""URLs at the root of a host application, for password managers and security researchers."""

from collections.abc import Callable
from typing import Any

from pyramid.config import PHASE2_CONFIG, Configurator
from pyramid.interfaces import IRoutesMapper
from pyramid.security import NO_PERMISSION_REQUIRED

from authsite.resources import Root
from authsite.settings.schema import Settings
from authsite.views.well_known import change_password, security_txt
from authsite.web.site_views import ROUTE


def add_well_known_urls(config: Configurator, settings: Settings) -> set[str]:
    """Add those that the settings switch on; return the set of them, which is complete at last.

    A URL for which the host has a route is left to the host.
    """
    views: dict[str, Callable[..., Any]] = {}
    if settings.site.change_password_url:
        views["/.well-known/change-password"] = change_password
    if settings.site.security_contact:
        views["/.well-known/security.txt"] = security_txt
    urls: set[str] = set()
    at_root = config.with_package("authsite")
    at_root.route_prefix = None

    def add() -> None:
        mapper = config.registry.queryUtility(IRoutesMapper)
        routes = mapper.get_routes() if mapper else []
        for url, view in views.items():
            if not any(route.match(url) is not None for route in routes):
                urls.add(url)
                name = f"{ROUTE}{url}"
                at_root.add_route(name, url, factory=Root)
                at_root.add_view(
                    view, route_name=name, request_method="GET", permission=NO_PERMISSION_REQUIRED
                )

    # After the routes of the host, before views.
    config.action(("authsite", "well-known"), add, order=PHASE2_CONFIG + 1)
    return urls
