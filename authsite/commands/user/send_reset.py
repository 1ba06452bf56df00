"""`authsite user send-reset`: send somebody a link to choose a new password."""

import argparse

from authsite.accounts.forgot_password import RESET_PASSWORD, send_password_reset
from authsite.commands.user.arguments import Actions, add_account, add_action
from authsite.commands.user.operation import Done, Operation, act_on_account
from authsite.models import User


def add_actions(actions: Actions) -> None:
    """Add the action; who may open a shell is not held up by the throttles."""
    what = "send somebody a link to choose a new password, which nobody else sees"
    add_account(add_action(actions, "send-reset", what, _send))


@act_on_account
def _send(begun: Operation, user: User, _asked: argparse.Namespace) -> Done:
    send_password_reset(
        begun.dbsession,
        user,
        audit=begun.audit,
        outbox=begun.outbox,
        reset_link_lifetime=begun.settings.passwords.reset_link_lifetime,
        now=begun.now,
    )
    return Done("a mail with a link is on its way", {"mail": RESET_PASSWORD})
