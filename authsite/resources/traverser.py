"""One page, one address: traversal that takes a path as it is written, or not at all."""

from typing import Any

from pyramid.httpexceptions import HTTPNotFound
from pyramid.interfaces import ITraverser
from pyramid.request import Request
from pyramid.traversal import ResourceTreeTraverser
from zope.interface import implementer

_NEVER_A_NAME = frozenset({"", ".", ".."})


@implementer(ITraverser)
class StrictTraverser:
    """Walks the tree by names; at most one segment may be left over, the name of the view.

    Pyramid's own traverser answers to `/sign-in/`, `//sign-in`, `/@@sign-in`, `/a/../sign-in` and
    `/sign-in/anything` as well, and lets a client choose another root by `X-Vhm-Root`. Caches,
    proxies and rules that speak of addresses then guard one of many doors (ASVS 14.2.5).
    """

    def __init__(self, root: Any) -> None:
        self._root = root

    def __call__(self, request: Request) -> dict[str, Any]:
        """Return where the path leads; raise `HTTPNotFound` for a path that is spelled oddly."""
        if request.matched_route is not None:  # a static file, or a route of a host application
            traversed: dict[str, Any] = ResourceTreeTraverser(self._root)(request)
            return traversed
        path = request.path_info
        first, *rest = path.split("/")
        segments = tuple(rest) if path not in {"", "/"} else ()
        if first or not _NEVER_A_NAME.isdisjoint(segments):
            raise HTTPNotFound
        context, view_name = self._root, ""
        for position, segment in enumerate(segments):
            child = _child(context, segment)
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
    """Return the child that calls itself `name`, or None: `010` is not another word for `10`."""
    if not hasattr(context, "__getitem__"):
        return None
    try:
        child = context[name]
    except KeyError:
        return None
    return child if child.__name__ == name else None
