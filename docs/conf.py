"""How Sphinx builds this folder to a site: `make docs`."""

import re

from pygments.lexers.sql import PostgresLexer
from sphinx.application import Sphinx

project = "authsite"
extensions = ["myst_parser"]
exclude_patterns = ["*.py"]
myst_heading_anchors = 4
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


def _adapt_links(_app: Sphinx, _page: str, source: list[str]) -> None:
    source[0] = _LINK.sub(_adapt, source[0])


def _adapt(link: re.Match[str]) -> str:
    text, target = link.groups()
    return f"[{text}]({_PAGES[target]})" if target in _PAGES else text
