"""Registering views of authsite's own route, by which no view of a host application answers."""

from collections.abc import Callable
from typing import Any, TypeVar

from pyramid.view import exception_view_config, view_config

#: The name of the route, and of those of its well-known URLs.
ROUTE = "authsite"
#: The category of error pages that a stand-alone site shows for every URL.
EVERYWHERE = "authsite_everywhere"

V = TypeVar("V", bound=Callable[..., Any])


def site_view(**options: Any) -> Any:
    """Register a view, with the options of Pyramid's `view_config`."""
    return view_config(route_name=ROUTE, **options)


def error_view(exception: Any) -> Callable[[V], V]:
    """Register the page of an exception."""

    def register(view: V) -> V:
        exception_view_config(exception, route_name=ROUTE, _depth=1)(view)
        exception_view_config(exception, _category=EVERYWHERE, _depth=1)(view)
        return view

    return register
