"""`authsite user close`: close somebody's account, as they could themselves."""

import argparse
import sys

from authsite.accounts.close_account import DeletionSchedule, schedule_deletion
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
    if user.delete_after:
        raise NotDone(f"{user.email} is closed already, and goes on {user.delete_after:%Y-%m-%d}")
    deletion = begun.settings.deletion
    delete_after = schedule_deletion(
        begun.dbsession,
        user,
        audit=begun.audit,
        outbox=begun.outbox,
        grace=DeletionSchedule(deletion.grace_period, deletion.reminder_before),
        revert_lifetime=begun.settings.email.revert_lifetime,
        now=begun.now,
    )
    return Done(f"closed; it goes on {delete_after:%Y-%m-%d}", {"delete_after": delete_after})
