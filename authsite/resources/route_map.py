"""The table of all pages of an application: those of authsite's tree, and those at routes."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pyramid.registry import Introspectable, Registry
from pyramid.util import as_sorted_tuple

from authsite.resources import Resource
from authsite.resources.site_map import ANY, Endpoint, endpoints, path_of, permission_of
from authsite.services import services_of
from authsite.web.site_views import ROUTE


def all_endpoints(registry: Registry) -> list[Endpoint]:
    """Return the pages of authsite, below its prefix, and of its host, by URL and method.

    A host's page in a tree of its own is listed below the class of its context.
    """
    prefix = services_of(registry).own_urls.prefix
    found = [
        replace(page, url=f"{prefix}{page.url}") if issubclass(page.context, Resource) else page
        for page in endpoints(registry)
    ]
    return sorted([*found, *_at_routes(registry)], key=lambda page: (page.url, page.method))


def _at_routes(registry: Registry) -> Iterator[Endpoint]:
    introspector = registry.introspector
    routes = {
        entry["introspectable"]["name"]: entry["introspectable"]
        for entry in introspector.get_category("routes")
    }
    del routes[ROUTE]
    for entry in introspector.get_category("views"):
        view = entry["introspectable"]
        if view["route_name"] in routes and not _is_error_page(view):
            yield from _endpoints_at(routes[view["route_name"]], registry, entry)


def _is_error_page(view: Introspectable) -> bool:
    return isinstance(view["context"], type) and issubclass(view["context"], Exception)


def _endpoints_at(
    route: Introspectable, registry: Registry, entry: dict[str, Any]
) -> Iterator[Endpoint]:
    view = entry["introspectable"]
    for method in as_sorted_tuple(view["request_methods"] or route["request_methods"] or ANY):
        yield Endpoint(
            url=f"/{route['pattern'].lstrip('/')}",
            context=object,
            name=view["name"],
            method=method,
            permission=permission_of(registry, entry),
            view=path_of(view),
        )
