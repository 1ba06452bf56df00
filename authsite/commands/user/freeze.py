"""`authsite user freeze` and `unfreeze`: let nobody sign in to an account, or its owner again."""

import argparse

from authsite.accounts.suspend_account import reinstate_account, suspend_account
from authsite.commands.not_done import NotDone
from authsite.commands.user.arguments import Actions, add_account, add_action, field_of
from authsite.commands.user.operation import Done, Operation, act_on_account
from authsite.models import User
from authsite.views.admin.suspend import FreezeForm


def add_actions(actions: Actions) -> None:
    """Add the two."""
    freeze = add_action(
        actions, "suspend", "let nobody sign in to an account, and end its sessions", _freeze
    )
    freeze.add_argument(
        "--reason",
        type=field_of(FreezeForm, "reason"),
        required=True,
        help="what the owner is told at the sign-in, 1 to 200 characters",
    )
    unfreeze = add_action(actions, "reinstate", "let its owner sign in again", _unfreeze)
    add_account(freeze)
    add_account(unfreeze)


@act_on_account
def _freeze(begun: Operation, user: User, asked: argparse.Namespace) -> Done:
    ended = suspend_account(
        begun.dbsession, user, reason=asked.reason, audit=begun.audit, now=begun.now
    )
    facts = {
        "suspended_at": user.suspended_at,
        "reason": user.suspension_reason,
        "sessions_ended": ended,
    }
    return Done(f"frozen, {ended} sessions ended", facts)


@act_on_account
def _unfreeze(begun: Operation, user: User, _asked: argparse.Namespace) -> Done:
    if user.suspended_at is None:
        raise NotDone(f"{user.email} is not frozen")
    reinstate_account(begun.dbsession, user, audit=begun.audit, now=begun.now)
    return Done("no longer frozen", {"suspended_at": None})
