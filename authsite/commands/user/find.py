"""`authsite user list`: go through the accounts, or through those that are looked for."""

import argparse
import sys
from collections.abc import Sequence

from pyramid.registry import Registry

from authsite.accounts.find_users import State, UserSummary, all_users
from authsite.commands.as_json import as_json_line
from authsite.commands.columns import in_columns
from authsite.commands.ini_file import with_site
from authsite.commands.user.arguments import Actions, add_action, line
from authsite.services import services_of

_WORDS = {
    State.SUSPENDED: "suspended",
    State.ADMINISTRATOR: "admins",
    State.CLOSING: "closing",
    State.UNVERIFIED: "unverified",
}


def add_actions(actions: Actions) -> None:
    """Add the action."""
    what = "print accounts in the order of their addresses; with --json a line for each"
    action = add_action(actions, "list", what, find)
    action.add_argument(
        "text",
        nargs="?",
        type=line,
        default="",
        help="an id, or how an address, a last name or a full name begins",
    )
    only = action.add_mutually_exclusive_group()
    for state, word in _WORDS.items():
        only.add_argument(
            f"--{word}", dest="state", action="store_const", const=state, help=f"only the {word}"
        )


def find(asked: argparse.Namespace) -> int:
    """Print them as they are read; what is kept in memory does not grow with their number."""
    tell = _as_json_lines if asked.json else _as_text

    def go_through(registry: Registry) -> int:
        with services_of(registry).database.read_dbsession() as dbsession:
            for found in all_users(dbsession, asked.text, state=asked.state):
                sys.stdout.write(tell(found))
        return 0

    return with_site(go_through)(asked)


def _as_text(found: Sequence[UserSummary]) -> str:
    rows = [(user.id, user.email, user.full_name, ", ".join(user.states)) for user in found]
    return in_columns(rows)


def _as_json_lines(found: Sequence[UserSummary]) -> str:
    return "".join(as_json_line(facts_of(user)) for user in found)


def facts_of(user: UserSummary) -> dict[str, object]:
    """Return what programs are told of an account."""
    facts = user._asdict()
    del facts["email_normalized"]
    return facts
