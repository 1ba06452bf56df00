"""Opening the site of an ini file."""

import configparser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import plaster
from pyramid.paster import bootstrap
from sqlalchemy.exc import DatabaseError, IntegrityError

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
        with _bootstrap(ini) as environment:
            request: Request = environment["request"]
            try:
                yield request
            finally:
                request.authsite.services.dispose()
    except IntegrityError:  # a defect of the command
        raise
    except (*DATABASE_UNAVAILABLE, DatabaseError) as error:
        reason = f"{in_one_line(error)} (has `authsite migrate` been run?)"
        raise CommandError(f"the database cannot be used: {reason}") from error


def _bootstrap(ini: str) -> Any:
    try:
        return bootstrap(ini)
    except ImportError as error:
        raise CommandError(f"{ini} names a module that cannot be imported: {error}") from error
    except SettingError as error:  # of a host application; authsite's own main ends the program
        raise CommandError(str(error)) from error
    except configparser.InterpolationError as error:
        raise _unreadable_line(ini, error) from None
    except OSError as error:
        raise CommandError(f"{ini} cannot be read: {error}") from error


def read_application_section(ini: str) -> dict[str, str]:
    """Return the lines of `[app:main]`, without loading the application.

    Raises `CommandError` for a problem of the file.
    """
    _require_application(ini)
    try:
        return dict(plaster.get_settings(ini, "app:main"))
    except configparser.InterpolationError as error:
        raise _unreadable_line(ini, error) from None


def _unreadable_line(ini: str, error: configparser.InterpolationError) -> CommandError:
    """Return an error without the text of the line, which may contain a password."""
    return CommandError(f"{ini}: write %% for each % of {error.option}")


def in_one_line(error: Exception) -> str:
    """Return the driver's message, without SQLAlchemy's statement and links around it."""
    return " ".join(str(getattr(error, "orig", None) or error).split())


def _require_application(ini: str) -> None:
    try:
        sections = plaster.get_sections(ini)
    except (
        OSError,
        UnicodeDecodeError,
        configparser.Error,
        plaster.exceptions.PlasterError,
    ) as error:
        raise CommandError(f"{ini} cannot be read: {error}") from error
    if "app:main" not in sections:
        raise CommandError(f"{ini} has no section [app:main]")
