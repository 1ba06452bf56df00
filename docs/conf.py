"""How Sphinx builds this folder to a site: `make docs`."""

import re
from typing import Any

from pygments.lexers.sql import PostgresLexer
from pyramid.decorator import reify
from sphinx.application import Sphinx

from authsite.web.request import AuthsiteRequest

project = "authsite"
extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["*.py"]
myst_heading_anchors = 4
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
#: The docstrings write code in single backquotes.
default_role = "code"
html_theme = "furo"
html_title = "authsite"
html_static_path: list[str] = []

#: Pages outside of this folder that the site has as well.
_PAGES = {"../CHANGES.md": "changes.md", "../SECURITY.md": "reporting.md"}
#: A link to a file or folder outside of this folder, which is not on the site.
_LINK = re.compile(r"\[([^\]\n]+)\]\((\.\./[^)\s]*)\)")


def setup(app: Sphinx) -> None:
    """Let links to the code be text on the site; in a checkout they work. SQL is PostgreSQL's."""
    app.add_lexer("sql", PostgresLexer)
    app.connect("source-read", _adapt_links)
    app.connect("autodoc-process-docstring", _drop_field_numbers)
    _show_types_of(AuthsiteRequest)


def _adapt_links(_app: Sphinx, _page: str, source: list[str]) -> None:
    source[0] = _LINK.sub(_adapt, source[0])


def _adapt(link: re.Match[str]) -> str:
    text, target = link.groups()
    return f"[{text}]({_PAGES[target]})" if target in _PAGES else text


def _drop_field_numbers(*arguments: Any) -> None:
    """Show the type of a named tuple's field, and not the docstring that each of them has."""
    lines: list[str] = arguments[-1]
    lines[:] = [line for line in lines if not line.startswith("Alias for field number")]


def _show_types_of(documented: type) -> None:
    """Let Sphinx see what `reify` wraps, with its type, as a property."""
    for name, value in list(vars(documented).items()):
        if isinstance(value, reify):
            setattr(documented, name, property(value.wrapped))
