"""The yardstick: a Pyramid application whose only page does nothing, on the same server."""

from typing import Any

from pyramid.config import Configurator
from pyramid.response import Response
from pyramid.router import Router


class Root:
    """The only resource."""

    def __init__(self, request: Any) -> None:
        self.request = request


def hello(_request: Any) -> Response:
    """Return a constant page."""
    return Response("Hello.")


def main(_global_config: dict[str, str], **settings: Any) -> Router:
    """Return the application; an ini file names it as `call:bench.bare:main`."""
    with Configurator(settings=settings, root_factory=Root) as config:
        config.add_view(hello, context=Root)
        return config.make_wsgi_app()
