"""Where authsite's route stands among those of a host application."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError
from pyramid.interfaces import IRoutesMapper
from pyramid.registry import Registry

from authsite.http.own_urls import OwnUrls
from authsite.resources import Root, WellKnown
from authsite.resources.base import children_of
from authsite.resources.site_map import endpoints
from authsite.web.request import Request
from authsite.web.site_views import ROUTE


class OwnUrlPredicate:
    """The route predicate that leaves every other URL to the host application."""

    def __init__(self, value: bool, _config: Configurator) -> None:
        self._value = value

    def text(self) -> str:
        """Return what Pyramid shows of the predicate; its hash as well."""
        return f"is_authsite_url = {self._value}"

    phash = text

    def __call__(self, _info: object, request: Request) -> bool:
        return request.authsite.is_own is self._value


def first_segments(registry: Registry) -> Iterator[str]:
    """Yield the first segment of every page of the tree, except the home page.

    Most of `/.well-known` is the host's.
    """
    for parent, name, child in children_of(registry):
        if issubclass(parent, Root) and child is not WellKnown:
            yield name
    for each in endpoints(registry):
        if issubclass(each.context, Root) and each.name:
            yield each.name


def order_routes(config: Configurator, own_urls: OwnUrls) -> None:
    """Put authsite's route before all others if it has a prefix, and after them if it has all URLs.

    A stand-alone site matches its own routes first. Without a prefix, in an application that has
    other pages, raise `ConfigurationError` for a route of the host that matches authsite's URLs.
    """
    mapper = config.registry.getUtility(IRoutesMapper)
    own = [route for route in mapper.routelist if route.name == ROUTE]
    others = [route for route in mapper.routelist if route.name != ROUTE]
    mapper.routelist[:] = own + others if own_urls.prefix else others + own
    if not own_urls.prefix and not own_urls.are_all:
        _refuse_routes(others, _paths(config.registry))


def leave_to_host(config: Configurator, urls: Iterable[str]) -> set[str]:
    """Put the routes of these URLs at the end; return those that no route of the host matches."""
    mapper = config.registry.getUtility(IRoutesMapper)
    own = {f"{ROUTE}:{url}" for url in urls}
    routes = [route for route in mapper.routelist if route.name not in own]
    added = [route for route in mapper.routelist if route.name in own]
    mapper.routelist[:] = routes + added
    hosts = [route for route in routes if route.name != ROUTE]
    return {url for url in urls if all(route.match(url) is None for route in hosts)}


def _paths(registry: Registry) -> list[str]:
    """Return the path of every page of the tree, with placeholders, except the home page."""
    names = set(first_segments(registry))
    pages = {each.url for each in endpoints(registry)}
    below = {url for url in pages if url.lstrip("/").partition("/")[0] in names}
    return sorted(below.union(f"/{name}" for name in names))


def _refuse_routes(routes: Iterable[Any], paths: Sequence[str]) -> None:
    for route in routes:
        swallowed = next((path for path in paths if route.match(path) is not None), None)
        if swallowed:
            raise ConfigurationError(
                f"the route {route.name!r} ({route.pattern}) would answer at authsite's URL "
                f'{swallowed}: include authsite with a prefix, config.include("authsite", '
                'route_prefix="accounts")'
            )
