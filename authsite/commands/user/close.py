"""`authsite user close`: close somebody's account, as they could themselves."""

import argparse
import sys

from authsite.accounts.close_account import Grace, close_account_of
from authsite.commands.not_done import NotDone
from authsite.commands.user.arguments import Actions, add_account, add_action
from authsite.commands.user.operation import Done, Operation, act_on_account
from authsite.models import User


def add_actions(actions: Actions) -> None:
    """Add the action, which asks first."""
    what = "close an account: its owner is told, and can keep it for a while"
    action = add_action(actions, "close", what, close)
    action.add_argument("--yes", action="store_true", help="do not ask")
    add_account(action)


def close(asked: argparse.Namespace) -> int:
    """Close the account if that is what is wanted."""
    if not asked.yes:
        _ask(asked.account)
    return _close(asked)


def _ask(account: str) -> None:
    if not sys.stdin.isatty():
        raise NotDone("nobody can be asked here whether it is meant; --yes says so")
    sys.stderr.write(f"Close the account of {account}? Type yes to go on: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip() != "yes":
        raise NotDone("nothing was done")


@act_on_account
def _close(begun: Operation, user: User, _asked: argparse.Namespace) -> Done:
    if user.closes_at:
        raise NotDone(f"{user.email} is closed already, and goes on {user.closes_at:%Y-%m-%d}")
    closing = begun.settings.closing
    closes_at = close_account_of(
        begun.dbsession,
        user,
        journal=begun.journal,
        outbox=begun.outbox,
        grace=Grace(closing.grace, closing.reminder),
        undo_within=begun.settings.email.undo_within,
        now=begun.now,
    )
    return Done(f"closed; it goes on {closes_at:%Y-%m-%d}", {"closes_at": closes_at})
