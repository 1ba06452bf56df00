"""The table of all pages, as the configuration knows them: address, method, permission, view."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pyramid.interfaces import IDefaultPermission
from pyramid.registry import Registry
from pyramid.request import Request
from pyramid.util import as_sorted_tuple

from authsite.resources import Root, Rows
from authsite.resources.base import children_of

#: The method of a view that does not name one.
ANY = "any"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What one view answers to: a resource's type and the view's name make the address."""

    address: str
    context: type
    name: str
    method: str
    permission: str
    view: str


def endpoints(registry: Registry) -> list[Endpoint]:
    """Return every page of the site and of its host application, by address and method.

    A view without a method is listed as `any`, one without a permission by the default, and one
    without a context, which answers at every resource, at `{object}`.
    """
    parents: dict[type, tuple[type, str]] = {}
    for parent, name, child in children_of(registry):
        parents.setdefault(child, (parent, name))
        if isinstance(child, type) and issubclass(child, Rows):
            parents.setdefault(child.rows, (child, child.placeholder))

    def place_of(resource: type, below: tuple[type, ...] = ()) -> str:
        if issubclass(resource, Root):
            return ""
        if resource not in parents or resource in below:  # a row of its parent, or below itself
            return f"{{{resource.__name__}}}"
        parent, name = parents[resource]
        return f"{place_of(parent, (*below, resource))}/{name}"

    found = [
        Endpoint(
            address=f"{place_of(context)}/{name}".rstrip("/") or "/",
            context=context,
            name=name,
            method=method,
            permission=permission,
            view=view,
        )
        for context, name, method, permission, view in _views_of(registry)
    ]
    return sorted(found, key=lambda page: (page.address, page.method))


def allowed_methods(request: Request) -> list[str]:
    """Return the methods that the page of this request answers to; none if there is no page."""
    context, name = getattr(request, "context", None), getattr(request, "view_name", "")
    methods = {
        method
        for of, of_name, method, _permission, _view in _views_of(request.registry)
        if of_name == name and isinstance(context, of)
    }
    return sorted((methods - {ANY}) | ({"HEAD"} if "GET" in methods else set()))


def _views_of(registry: Registry) -> Iterator[tuple[type, str, str, str, str]]:
    default = registry.queryUtility(IDefaultPermission)
    for entry in registry.introspector.get_category("views"):
        view: Any = entry["introspectable"]
        context = view["context"] or object
        if not isinstance(context, type) or issubclass(context, Exception) or view["route_name"]:
            continue
        permissions = [
            related["value"]
            for related in entry["related"]
            if related.category_name == "permissions"
        ]
        function = view["callable"]
        named = f"{function.__module__}.{function.__qualname__}"
        if view["attr"]:
            named += f".{view['attr']}"
        for method in as_sorted_tuple(view["request_methods"] or ANY):
            yield context, view["name"], method, permissions[0] if permissions else default, named
