"""`/dev/mail`: the emails of the site, to read in development.

No scan finds these views; only `authsite.dev` includes them, since the links in the emails give
access to accounts.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response

from authsite.encryption import DecryptionError
from authsite.mail.content import Content, read_content
from authsite.mail.stored_message import latest_messages
from authsite.resources import Root
from authsite.resources.dev_mail import Dev, DevMail, DevMessage
from authsite.web.rendering import page
from authsite.web.request import Request
from authsite.web.site_views import ROUTE

#: Messages in the list.
LIMIT = 100
#: As for all pages, except that emails have inline styles.
_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
#: The order of actions that run after those of pyramid_jinja2.
_AFTER_JINJA2 = 1
_URL = re.compile(r"(https?://\S+)")


class Piece(NamedTuple):
    """A part of a text, and its URL if it is one."""

    text: str
    url: str | None


def includeme(config: Configurator) -> None:
    """Add the pages to the tree, and a link to them to the layout."""
    config.add_child(Root, "dev", Dev)
    config.add_child(Dev, "mail", DevMail)
    options = {"route_name": ROUTE, "request_method": "GET", "permission": "public"}
    config.add_view(list_messages, context=DevMail, **options)
    config.add_view(show_message, context=DevMessage, **options)
    config.add_view(show_html, context=DevMessage, name="html", **options)
    config.action(None, lambda: _add_link(config), order=_AFTER_JINJA2)


def list_messages(request: Request) -> Response:
    messages = latest_messages(request.authsite.dbsession, limit=LIMIT)
    return page(request, "dev_mail", messages=messages, limit=LIMIT)


def show_message(context: DevMessage, request: Request) -> Response:
    """Show a message as text, with links."""
    content = _content_of(context, request)
    pieces = list(_pieces_of(content.text)) if content else []
    return page(request, "dev_message", message=context.record, content=content, pieces=pieces)


def show_html(context: DevMessage, request: Request) -> Response:
    """Show the HTML of a message."""
    content = _content_of(context, request)
    if not (content and content.html):
        raise HTTPNotFound
    response = Response(content.html, content_type="text/html", charset="utf-8")
    response.headers["Content-Security-Policy"] = _CONTENT_SECURITY_POLICY
    return response


def _content_of(context: DevMessage, request: Request) -> Content | None:
    """Return the content of a message, or None if it was encrypted with another secret."""
    try:
        return read_content(context.record, request.authsite.services.message_cipher)
    except DecryptionError:
        return None


def _pieces_of(text: str) -> Iterator[Piece]:
    """Split the text into URLs and the text between them."""
    for number, part in enumerate(_URL.split(text)):
        yield Piece(part, part if number % 2 else None)


def _add_link(config: Configurator) -> None:
    config.get_jinja2_environment(".jinja2").globals["dev_mail"] = True
