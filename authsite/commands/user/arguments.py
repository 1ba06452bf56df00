"""What the actions of `authsite user` take, judged as the forms of the pages judge it."""

import argparse
from collections.abc import Callable
from typing import Any

from webob.multidict import MultiDict

from authsite.commands.as_json import add_json
from authsite.commands.ini_file import add_ini_file
from authsite.text import is_readable, trimmed
from authsite.web.forms import SiteForm

#: What argparse gives to whoever adds an action.
Actions = Any
Act = Callable[[argparse.Namespace], int]


def add_action(actions: Actions, name: str, what: str, act: Act) -> argparse.ArgumentParser:
    """Add an action of this name that asks for an ini file, and may answer as JSON."""
    action: argparse.ArgumentParser = actions.add_parser(name, help=what, description=what)
    add_ini_file(action)
    add_json(action)
    action.set_defaults(act=act)
    return action


def add_account(action: argparse.ArgumentParser) -> None:
    """Make the action ask whose account is meant."""
    action.add_argument(
        "account",
        type=line,
        help="the address or the id of an account; before an id that begins with a hyphen: --",
    )


def line(text: str) -> str:
    """Return what was typed without surrounding space, in NFC; it must be one line of text."""
    return trimmed(_readable(text))


def field_of(form: type[SiteForm], name: str) -> Callable[[str], str]:
    """Return what takes a text as the field of this form takes it, or says what is wrong."""

    def take(text: str) -> str:
        filled_in = form(MultiDict({name: _readable(text)}))
        field = filled_in[name]
        if not field.validate(filled_in):
            raise argparse.ArgumentTypeError(" ".join(field.errors))
        value: str = field.data
        return value

    return take


def _readable(text: str) -> str:
    """Return the text, unless there is in it what no database takes, or no terminal."""
    if not is_readable(text):
        raise argparse.ArgumentTypeError("must be one line of text in UTF-8")
    return text
