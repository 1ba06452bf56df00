"""`authsite user end-sessions`: sign somebody out everywhere."""

import argparse

from authsite.accounts.end_sessions import end_sessions
from authsite.audit.event_types import SessionEndReason
from authsite.commands.user.arguments import Actions, add_account, add_action
from authsite.commands.user.operation import Done, Operation, act_on_account
from authsite.models import User


def add_actions(actions: Actions) -> None:
    """Add the action."""
    add_account(add_action(actions, "end-sessions", "sign somebody out everywhere", _end))


@act_on_account
def _end(begun: Operation, user: User, _asked: argparse.Namespace) -> Done:
    ended = end_sessions(
        begun.dbsession,
        user.id,
        audit=begun.audit,
        why=SessionEndReason.ENDED_BY_ADMIN,
        now=begun.now,
    )
    return Done(f"{ended} sessions ended", {"sessions_ended": ended})
