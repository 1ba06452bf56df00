"""`/dev/mail`: what the site has written to people, to read in development.

Nothing here is found by a scan: `authsite.dev` alone brings it in, since whoever reads the mails
of others has their accounts.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response

from authsite.mail.stored_message import latest_messages
from authsite.resources import Root
from authsite.resources.dev_mail import Dev, DevMail, DevMessage
from authsite.web.rendering import page
from authsite.web.request import Request

#: How many messages the list shows.
LIMIT = 100
#: For the page that is a mail: its styles stand in it, as mail programs want it; the rest as for
#: all pages.
_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
#: The order of actions that find what pyramid_jinja2 has made by its own.
_TEMPLATES_ARE_THERE = 1
_ADDRESS = re.compile(r"(https?://\S+)")


class Piece(NamedTuple):
    """A part of a text, and where it leads to if it is an address."""

    text: str
    address: str | None


def includeme(config: Configurator) -> None:
    """Hang the pages into the tree, and a link to them into the layout."""
    config.add_child(Root, "dev", Dev)
    config.add_child(Dev, "mail", DevMail)
    shown = {"request_method": "GET", "permission": "public"}
    config.add_view(list_messages, context=DevMail, **shown)
    config.add_view(show_message, context=DevMessage, **shown)
    config.add_view(show_html, context=DevMessage, name="html", **shown)
    config.action(None, lambda: _link_to_it(config), order=_TEMPLATES_ARE_THERE)


def list_messages(request: Request) -> Response:
    """List the latest messages."""
    messages = latest_messages(request.dbsession, limit=LIMIT)
    return page(request, "dev_mail", messages=messages, limit=LIMIT)


def show_message(context: DevMessage, request: Request) -> Response:
    """Show a message as text, with links that can be followed."""
    message = context.record
    return page(request, "dev_message", message=message, pieces=list(_pieces_of(message.text)))


def show_html(context: DevMessage, _request: Request) -> Response:
    """Show a message as a mail program does that takes HTML."""
    if context.record.html is None:
        raise HTTPNotFound
    response = Response(context.record.html, content_type="text/html", charset="utf-8")
    response.headers["Content-Security-Policy"] = _CONTENT_SECURITY_POLICY
    return response


def _pieces_of(text: str | None) -> Iterator[Piece]:
    """Cut the text where addresses begin and end."""
    for number, part in enumerate(_ADDRESS.split(text or "")):
        yield Piece(part, part if number % 2 else None)


def _link_to_it(config: Configurator) -> None:
    config.get_jinja2_environment(".jinja2").globals["dev_mail"] = True
