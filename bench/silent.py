"""The site without a history, to measure what it costs: nothing is written down."""

from typing import Any

from pyramid.config import Configurator
from pyramid.router import Router

from authsite.web.request import Request


class _Silence:
    """A journal that writes nothing."""

    def write(self, *_event: object, **_more: object) -> None:
        """Do nothing."""


class _SilentRequest(Request):
    def _audit_from(self, _origin: object) -> Any:
        return _Silence()


def main(_global_config: dict[str, str], **settings: Any) -> Router:
    """Return the site as it is, but for its journal."""
    with Configurator(settings=settings) as config:
        config.include("authsite")
        config.set_request_factory(_SilentRequest)
        return config.make_wsgi_app()
