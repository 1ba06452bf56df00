"""The files of `authsite/static` in the tree."""

from typing import Any

from pyramid.path import AssetResolver

from authsite.resources.base import Resource, Rows

_FOLDER = AssetResolver("authsite").resolve("static")
_NAMES = frozenset(_FOLDER.listdir())


class StaticFile(Resource):
    """One file."""

    @property
    def file_path(self) -> str:
        """Where it is."""
        path: str = _FOLDER.abspath()
        return f"{path}/{self.__name__}"


class StaticFiles(Rows):
    """`/authsite-static`: no page of its own."""

    rows = StaticFile
    placeholder = "{file}"

    def child(self, name: str) -> Any:
        """Return the resource of the file with this name."""
        if name not in _NAMES:
            raise KeyError(name)
        return StaticFile(self.request, name=name, parent=self)
