"""`authsite user …`: make accounts, find them, and do what only those who run the site may do.

An action is a function that adds a parser of its own and says there what is run.
"""

import argparse

from authsite.commands.user import (
    administrators,
    close,
    create,
    end_sessions,
    find,
    freeze,
    send_reset,
    show,
)

HELP = "make, find, show, freeze and close accounts, end their sessions, send links to them"

_ACTIONS = (create, show, find, freeze, end_sessions, send_reset, close, administrators)


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Make the command ask what to do, and each action what it needs."""
    actions = command.add_subparsers(title="actions", required=True, metavar="action")
    for module in _ACTIONS:
        module.add_actions(actions)


def run(asked: argparse.Namespace) -> int:
    """Do it."""
    status: int = asked.act(asked)
    return status
