"""What a command needs that works on the site of an ini file."""

import argparse
import configparser
from collections.abc import Callable

import plaster
from pyramid.paster import bootstrap
from pyramid.registry import Registry
from sqlalchemy.exc import ProgrammingError

from authsite.commands.not_done import NotDone
from authsite.db.engines import DATABASE_UNAVAILABLE
from authsite.services import services_of
from authsite.settings.loader import SettingError
from authsite.web.request import Request


def add_ini_file(command: argparse.ArgumentParser) -> None:
    """Make the command ask for an ini file."""
    command.add_argument("ini", help="the ini file of the site")


def with_site(run: Callable[[Registry], int]) -> Callable[[argparse.Namespace], int]:
    """Give `run` the registry of the ini file that was asked for, and close the database after it.

    What may be wrong with the file, its settings or its database becomes `NotDone`.
    """
    return lambda asked: with_request(asked, lambda request: run(request.registry))


def with_request(asked: argparse.Namespace, run: Callable[[Request], int]) -> int:
    """Do the same with a request that nobody has sent, for what writes mails and history."""
    _demand_application(asked.ini)
    try:
        with bootstrap(asked.ini) as environment:
            try:
                return run(environment["request"])
            finally:
                services_of(environment["registry"]).database.dispose()
    except ImportError as error:
        raise NotDone(f"{asked.ini} names an application that is not installed: {error}") from error
    except SettingError as error:  # of a host application; authsite's own main says it itself
        raise NotDone(str(error)) from error
    except (*DATABASE_UNAVAILABLE, ProgrammingError) as error:
        why = f"{_in_one_line(error)} (has `alembic upgrade head` been run?)"
        raise NotDone(f"the database cannot be used: {why}") from error


def _in_one_line(error: Exception) -> str:
    """Return what the driver says, without SQLAlchemy's statement and links around it."""
    return " ".join(str(getattr(error, "orig", None) or error).split())


def _demand_application(ini: str) -> None:
    try:
        sections = plaster.get_sections(ini)
    except (OSError, configparser.Error, plaster.exceptions.PlasterError) as error:
        raise NotDone(f"{ini} cannot be read: {error}") from error
    if "app:main" not in sections:
        raise NotDone(f"{ini} has no section [app:main]")
