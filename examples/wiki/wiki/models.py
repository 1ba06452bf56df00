"""The tree of the wiki, and what its ACLs grant."""

from persistent import Persistent
from persistent.mapping import PersistentMapping
from pyramid.authorization import Allow, Authenticated, Everyone


class Wiki(PersistentMapping):
    """The root: pages by name."""

    __name__ = None
    __parent__ = None
    __acl__ = ((Allow, Everyone, "view"), (Allow, Authenticated, "write"))


class Page(Persistent):
    """A page, which its author may delete."""

    def __init__(self, wiki, name, text, author):
        self.__parent__ = wiki
        self.__name__ = name
        self.text = text
        self.author = author

    def __acl__(self):
        return [(Allow, f"user:{self.author}", "delete")]


def wiki_of(root):
    """Return the wiki, which the first request creates."""
    if "wiki" not in root:
        root["wiki"] = Wiki()
    return root["wiki"]
