"""The WSGI application for `pserve`."""

from typing import Any

from pyramid.config import Configurator
from pyramid.router import Router

from authsite.application import background
from authsite.settings.loader import SettingError


def main(global_config: dict[str, str], **settings: Any) -> Router:
    """Return the WSGI application for an ini file; exit with a message if a setting is wrong."""
    if global_config.get("__script__", "pserve") != "pserve":  # pshell, for example
        background.disable()
    with Configurator(settings=settings) as config:
        try:
            config.include("authsite.application.standalone")
        except SettingError as error:
            raise SystemExit(f"authsite: {error}") from None
        return config.make_wsgi_app()
