"""The templates of pages and emails, in an environment of their own."""

from jinja2 import Undefined, defaults
from pyramid.config import Configurator

from authsite.mail.composer import mail_environment
from authsite.web.rendering import TEMPLATES
from authsite.web.request import MAIL_TEMPLATES


def register_templates(config: Configurator) -> None:
    """Make the environments over that of the host, whose search path and filters count as well.

    Its options do not: authsite's templates were written for these.
    """
    environment = config.get_jinja2_environment(".jinja2").overlay(
        block_start_string=defaults.BLOCK_START_STRING,
        block_end_string=defaults.BLOCK_END_STRING,
        variable_start_string=defaults.VARIABLE_START_STRING,
        variable_end_string=defaults.VARIABLE_END_STRING,
        comment_start_string=defaults.COMMENT_START_STRING,
        comment_end_string=defaults.COMMENT_END_STRING,
        line_statement_prefix=None,
        line_comment_prefix=None,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=Undefined,
        finalize=None,
    )
    config.registry[TEMPLATES] = environment
    config.registry[MAIL_TEMPLATES] = mail_environment(environment)
