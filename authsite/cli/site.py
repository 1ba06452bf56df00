"""Opening the site of an ini file."""

import configparser
from collections.abc import Iterator
from contextlib import contextmanager

import plaster
from pyramid.paster import bootstrap
from sqlalchemy.exc import ProgrammingError

from authsite.cli.errors import CommandError
from authsite.db.engines import DATABASE_UNAVAILABLE
from authsite.settings.loader import SettingError
from authsite.web.request import Request


@contextmanager
def open_site(ini: str) -> Iterator[Request]:
    """Build the application of the ini file, yield a request of it, then close the database.

    Raises `CommandError` for a problem of the file, its settings or its database.
    """
    _require_application(ini)
    try:
        with bootstrap(ini) as environment:
            request: Request = environment["request"]
            try:
                yield request
            finally:
                request.services.database.dispose()
    except ImportError as error:
        raise CommandError(f"{ini} names an application that is not installed: {error}") from error
    except SettingError as error:  # of a host application; authsite's own main ends the program
        raise CommandError(str(error)) from error
    except (*DATABASE_UNAVAILABLE, ProgrammingError) as error:
        reason = f"{_in_one_line(error)} (has `alembic upgrade head` been run?)"
        raise CommandError(f"the database cannot be used: {reason}") from error


def _in_one_line(error: Exception) -> str:
    """Return the driver's message, without SQLAlchemy's statement and links around it."""
    return " ".join(str(getattr(error, "orig", None) or error).split())


def _require_application(ini: str) -> None:
    try:
        sections = plaster.get_sections(ini)
    except (OSError, configparser.Error, plaster.exceptions.PlasterError) as error:
        raise CommandError(f"{ini} cannot be read: {error}") from error
    if "app:main" not in sections:
        raise CommandError(f"{ini} has no section [app:main]")
