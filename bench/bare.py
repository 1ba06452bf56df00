"""The yardstick: the least that a page of a Pyramid site can do, on the same server."""

from typing import Any

from pyramid.config import Configurator
from pyramid.response import Response
from pyramid.router import Router


class Root:
    """The only place in the tree."""

    def __init__(self, request: Any) -> None:
        self.request = request


def hello(_request: Any) -> Response:
    """Answer the same to everyone."""
    return Response("Hello.")


def main(_global_config: dict[str, str], **settings: Any) -> Router:
    """Return the application; an ini file names it as `call:bench.bare:main`."""
    with Configurator(settings=settings, root_factory=Root) as config:
        config.add_view(hello, context=Root)
        return config.make_wsgi_app()
