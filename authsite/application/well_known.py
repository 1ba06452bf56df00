"""URLs at the root of a host application, for password managers and security researchers."""

from pyramid.config import Configurator

from authsite.resources import Root, WellKnown
from authsite.settings.schema import Settings
from authsite.views.well_known import change_password, security_txt
from authsite.web.site_views import ROUTE


def add_well_known_urls(config: Configurator, settings: Settings) -> list[str]:
    """Add those that the settings switch on; return them.

    `order_routes` leaves a URL to the host if that has a route for it.
    """
    views = []
    if settings.site.change_password_url:
        views.append(("change-password", change_password))
    if settings.site.security_contact:
        views.append(("security.txt", security_txt))
    at_root = config.with_package("authsite")
    at_root.route_prefix = None
    urls = [f"/.well-known/{name}" for name, _view in views]
    for url, (name, view) in zip(urls, views, strict=True):
        route = f"{ROUTE}:{url}"
        at_root.add_route(route, url, factory=Root)
        at_root.add_view(
            view,
            route_name=route,
            context=WellKnown,
            name=name,
            request_method="GET",
            permission="public",
        )
    return urls
