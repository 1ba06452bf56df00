"""What an operator does from a shell: `authsite <command> <ini file>`."""

import argparse
import configparser
import sys
from collections.abc import Sequence

import plaster
from pyramid.paster import bootstrap

from authsite.commands import purge, tree
from authsite.database import DATABASE_AWAY
from authsite.settings import SettingError
from authsite.site import site_of

_COMMANDS = {"purge": purge, "tree": tree}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status: 0 done, 1 not done, 2 asked wrongly."""
    parser = argparse.ArgumentParser(prog="authsite", description=__doc__)
    commands = parser.add_subparsers(title="commands", required=True, metavar="command")
    for name, module in _COMMANDS.items():
        command = commands.add_parser(name, help=module.HELP, description=module.HELP)
        command.add_argument("ini", help="the ini file of the site")
        command.set_defaults(run=module.run)
    asked = parser.parse_args(arguments)
    try:
        if "app:main" not in plaster.get_sections(asked.ini):
            return _fail(f"{asked.ini} has no section [app:main]")
    except (OSError, configparser.Error, plaster.exceptions.PlasterError) as error:
        return _fail(f"{asked.ini} cannot be read: {error}")
    try:
        with bootstrap(asked.ini) as environment:
            try:
                status: int = asked.run(environment["registry"])
            finally:
                site_of(environment["registry"]).database.dispose()
            return status
    except ImportError as error:
        return _fail(f"{asked.ini} names an application that is not installed: {error}")
    except SettingError as error:  # of a host application; authsite's own main says it itself
        return _fail(str(error))
    except DATABASE_AWAY as error:
        return _fail(f"the database cannot be used: {error}")


def _fail(why: str) -> int:
    sys.stderr.write(f"authsite: {why}\n")
    return 1
