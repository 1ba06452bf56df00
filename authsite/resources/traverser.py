"""Strict traversal: every page has one URL."""

from typing import Any

from pyramid.httpexceptions import HTTPNotFound
from pyramid.interfaces import ITraverser
from pyramid.request import Request
from pyramid.traversal import ResourceTreeTraverser
from zope.interface import implementer

from authsite.web.site_views import ROUTE

_NEVER_A_NAME = frozenset({"", ".", ".."})


@implementer(ITraverser)
class StrictTraverser:
    """Walks the tree by names; at most one segment may be left, the name of the view.

    A resource with `has_slashes_in_names` gets the rest of the path as one name.

    Pyramid's own traverser finds `/sign-in` at `/sign-in/`, `//sign-in`, `/@@sign-in`,
    `/a/../sign-in` and `/sign-in/anything` as well, and lets clients choose the root by
    `X-Vhm-Root`. Rules of caches and proxies for one URL would miss the others (ASVS 14.2.5).
    """

    def __init__(self, root: Any) -> None:
        self._root = root

    def __call__(self, request: Request) -> dict[str, Any]:
        """Return the resource and view name of the path, or raise `HTTPNotFound`."""
        route = request.matched_route
        if route and route.name.partition(":")[0] != ROUTE:  # a host's, in a stand-alone site
            traversed: dict[str, Any] = ResourceTreeTraverser(self._root)(request)
            return traversed
        path = request.path_info.removeprefix(request.authsite.services.own_urls.prefix)
        first, *rest = path.split("/")
        segments = tuple(rest) if path not in {"", "/"} else ()
        if first:
            raise HTTPNotFound
        context, view_name = self._root, ""
        for position, segment in enumerate(segments):
            if getattr(context, "has_slashes_in_names", False):
                context = context["/".join(segments[position:])]
                break
            child = None if segment in _NEVER_A_NAME else _child(context, segment)
            takes_rest = getattr(child, "has_slashes_in_names", False)
            if not takes_rest and not _NEVER_A_NAME.isdisjoint(segments[position:]):
                raise HTTPNotFound
            if child is None:
                if position + 1 < len(segments):
                    raise HTTPNotFound
                view_name = segment
            else:
                context = child
        return {
            "context": context,
            "view_name": view_name,
            "subpath": (),
            "traversed": segments,
            "root": self._root,
            "virtual_root": self._root,
            "virtual_root_path": (),
        }


def _child(context: Any, name: str) -> Any:
    """Return the child whose `__name__` is `name`, or None: `010` is not a second URL of `10`."""
    if not hasattr(context, "__getitem__"):
        return None
    try:
        child = context[name]
    except KeyError:
        return None
    return child if child.__name__ == name else None
