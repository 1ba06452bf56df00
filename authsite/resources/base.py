"""Resources, the nodes of the tree of URLs: they know their name and find their children."""

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPForbidden
from pyramid.registry import Registry

from authsite.security.policy import Guarded
from authsite.web.request import Request

_CHILDREN = "authsite.children"


class Resource(Guarded):
    """A node of the tree, created for each request.

    `__name__` is the only spelling that the URL may have: the child of a row takes the id of the
    row, never the text of the request.
    """

    def __init__(self, request: Request, *, name: str = "", parent: "Resource | None" = None):
        self.request = request
        self.__name__ = name
        self.__parent__ = parent

    def __getitem__(self, name: str) -> Any:
        return self.child(name)

    def child(self, name: str) -> Any:
        """Return the child with this name, or raise `KeyError`.

        Resources whose children are rows override it to find the row.
        """
        for parent in type(self).__mro__:
            child = self.request.registry.get(_CHILDREN, {}).get((parent, name))
            if child is not None:
                return child(self.request, name=name, parent=self)
        raise KeyError(name)


class Private(Resource):
    """A branch for signed-in users: visitors are sent to sign in before a child is looked up.

    Not even a 404 shows them what exists below it.
    """

    def __getitem__(self, name: str) -> Any:
        if self.request.authsite.identity is None:
            raise HTTPForbidden
        return self.child(name)


class Rows(Resource):
    """A resource whose children are the rows of a table; `rows` is their class.

    `placeholder` replaces their names in lists of URLs.
    """

    rows: ClassVar[type[Resource]]
    placeholder: ClassVar[str] = "{id}"


def add_child(
    config: Configurator, parent: type[Resource], name: str, child: Callable[..., Any]
) -> None:
    """Add `child` to the tree, as `name` below every `parent` (a Configurator directive).

    It is called as `child(request, name=name, parent=parent)`, as the class of a resource is.
    """

    def register() -> None:
        config.registry.setdefault(_CHILDREN, {})[(parent, name)] = child

    config.action(("authsite child", parent, name), register)


def children_of(registry: Registry) -> Iterator[tuple[type, str, Any]]:
    """Yield parent, name and child of every `add_child`, in their order."""
    for (parent, name), child in registry.get(_CHILDREN, {}).items():
        yield parent, name, child
