"""The templates of pages and emails, in an environment of their own."""

from jinja2 import Undefined
from pyramid.config import Configurator

from authsite.mail.composer import mail_environment
from authsite.web.rendering import TEMPLATES
from authsite.web.request import MAIL_TEMPLATES


def register_templates(config: Configurator) -> None:
    """Make the environments over that of the host, whose search path and filters count as well.

    Its options do not: authsite's templates were written for these.
    """
    environment = config.get_jinja2_environment(".jinja2").overlay(
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=Undefined,
        finalize=None,
    )
    config.registry[TEMPLATES] = environment
    config.registry[MAIL_TEMPLATES] = mail_environment(environment)
