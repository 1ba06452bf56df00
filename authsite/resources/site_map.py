"""The table of all pages, from Pyramid's introspector: URL, method, permission and view."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from pyramid.interfaces import IDefaultPermission
from pyramid.registry import Introspectable, Registry
from pyramid.request import Request
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.util import as_sorted_tuple

from authsite.resources import Resource, Root, Rows
from authsite.resources.base import children_of
from authsite.web.site_views import ROUTE

#: The method of a view that does not name one.
ANY = "any"
#: The type of a resource and, for email links, their purpose.
Node = tuple[type, Any]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One view: the type of the resource and the name of the view make the URL."""

    url: str
    context: type
    name: str
    method: str
    permission: str
    view: str


def endpoints(registry: Registry) -> list[Endpoint]:
    """Return every page of authsite and of its host application, by URL and method.

    A view without a method is listed as `any`, one without a permission with the default, and one
    without a context, which answers at every resource, at `{object}`.
    """
    parents: dict[Node, tuple[Node, str]] = {}
    for parent, name, child in children_of(registry):
        node = _node_of(child)
        parents.setdefault(node, ((parent, None), name))
        if issubclass(node[0], Rows):
            parents.setdefault((node[0].rows, node[1]), (node, node[0].placeholder))

    def url_of(node: Node, visited: tuple[Node, ...] = ()) -> str:
        resource, _purpose = node
        if issubclass(resource, Root):
            return ""
        if node not in parents or node in visited:  # no known parent, or below itself
            return f"{{{resource.__name__}}}"
        parent, name = parents[node]
        return f"{url_of(parent, (*visited, node))}/{name}"

    found = [
        Endpoint(
            url=f"{url_of(node)}/{name}".rstrip("/") or "/",
            context=node[0],
            name=name,
            method=method,
            permission=permission,
            view=view,
        )
        for node, name, method, permission, view in _views_of(registry)
    ]
    return sorted(found, key=lambda each: (each.url, each.method))


def allowed_methods(request: Request) -> list[str]:
    """Return the methods that the page of this request answers to; none if there is no page."""
    context, name = getattr(request, "context", None), getattr(request, "view_name", "")
    methods = {
        method
        for (resource, purpose), view_name, method, _, _ in _views_of(request.registry)
        if view_name == name
        and isinstance(context, resource)
        and purpose in (None, getattr(context, "purpose", None))
    }
    return sorted((methods - {ANY}) | ({"HEAD"} if "GET" in methods else set()))


def _node_of(child: Any) -> Node:
    factory: Any = child.func if isinstance(child, partial) else child
    purpose = child.keywords.get("purpose") if isinstance(child, partial) else None
    # The children of another callable have no known parent.
    return (factory if isinstance(factory, type) else Resource), purpose


def _views_of(registry: Registry) -> Iterator[tuple[Node, str, str, str, str]]:
    for entry in registry.introspector.get_category("views"):
        view: Any = entry["introspectable"]
        context = view["context"] or object
        if not isinstance(context, type) or issubclass(context, Exception):
            continue
        if view["route_name"] not in {ROUTE, None, ""}:
            continue
        for method in as_sorted_tuple(view["request_methods"] or ANY):
            yield (
                (context, view.get("purpose")),
                view["name"],
                method,
                permission_of(registry, entry),
                path_of(view),
            )


def permission_of(registry: Registry, entry: dict[str, Any]) -> str:
    """Return the permission of a view, or the default one; `none` if there is neither."""
    related = (each for each in entry["related"] if each.category_name == "permissions")
    permission = next((each["value"] for each in related), None)
    if permission is None:
        permission = registry.queryUtility(IDefaultPermission)
    return "none" if permission in {None, NO_PERMISSION_REQUIRED} else permission


def path_of(view: Introspectable) -> str:
    """Return where the callable of a view is defined."""
    function = view["callable"]
    name = getattr(function, "__qualname__", type(function).__qualname__)  # maybe an object
    path = f"{function.__module__}.{name}"
    return f"{path}.{view['attr']}" if view["attr"] else path
