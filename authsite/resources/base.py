"""What every place in the tree of addresses can do: say its name and find its children."""

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPForbidden
from pyramid.registry import Registry

from authsite.web.request import Request

_CHILDREN = "authsite.children"


class Resource:
    """A place in the tree, made anew for each request.

    `__name__` is what the address has to say, letter for letter: children that stand for a row
    take it from the row, never from what was typed.
    """

    def __init__(self, request: Request, *, name: str = "", parent: "Resource | None" = None):
        self.request = request
        self.__name__ = name
        self.__parent__ = parent

    def __getitem__(self, name: str) -> Any:
        return self.child(name)

    def child(self, name: str) -> Any:
        """Return the place of this name below this one, or raise `KeyError`.

        A resource with a child for each of its rows looks for the row here.
        """
        for parent in type(self).__mro__:
            child = self.request.registry.get(_CHILDREN, {}).get((parent, name))
            if child is not None:
                return child(self.request, name=name, parent=self)
        raise KeyError(name)


class Private(Resource):
    """A branch for the signed-in: a stranger is sent to sign in before any child is looked up.

    So a stranger learns nothing about what exists below it, not even by a 404.
    """

    def __getitem__(self, name: str) -> Any:
        if self.request.identity is None:
            raise HTTPForbidden
        return self.child(name)


class Rows(Resource):
    """A place that has another below it for each row of a table; `rows` is the class of those.

    `placeholder` stands for their names where all addresses are listed.
    """

    rows: ClassVar[type[Resource]]
    placeholder: ClassVar[str] = "{id}"


def add_child(
    config: Configurator, parent: type[Resource], name: str, child: Callable[..., Any]
) -> None:
    """Hang `child` into the tree, as `name` below every `parent` (a Configurator directive).

    `child` is called as `child(request, name=name, parent=parent)`, as a `Resource` is.
    """

    def register() -> None:
        config.registry.setdefault(_CHILDREN, {})[(parent, name)] = child

    config.action(("authsite child", parent, name), register)


def children_of(registry: Registry) -> Iterator[tuple[type, str, Any]]:
    """Yield parent, name and child for whatever was hung into the tree, parents first."""
    for (parent, name), child in registry.get(_CHILDREN, {}).items():
        yield parent, name, child
