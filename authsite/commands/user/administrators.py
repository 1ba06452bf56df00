"""`authsite user grant-admin` and `revoke-admin`: who may open the pages of those who run it."""

import argparse

from authsite.accounts.administrators import (
    EmailNotVerified,
    grant_admin,
    revoke_admin,
)
from authsite.commands.not_done import NotDone
from authsite.commands.user.arguments import Actions, add_account, add_action
from authsite.commands.user.operation import Done, Operation, act_on_account
from authsite.models import User


def add_actions(actions: Actions) -> None:
    """Add the two."""
    grant = "let somebody who has an account administer the site"
    add_account(add_action(actions, "grant-admin", grant, _grant))
    revoke = "let somebody administer the site no more"
    add_account(add_action(actions, "revoke-admin", revoke, _revoke))


@act_on_account
def _grant(begun: Operation, user: User, _asked: argparse.Namespace) -> Done:
    try:
        granted = grant_admin(begun.dbsession, user, audit=begun.audit, now=begun.now)
    except EmailNotVerified:
        raise NotDone(
            f"nobody has shown that mail to {user.email} reaches them: the account may be a "
            "stranger's; let them confirm the address first"
        ) from None
    if not granted:
        raise NotDone(f"{user.email} is an administrator already")
    return Done("an administrator now", {"administrator": True})


@act_on_account
def _revoke(begun: Operation, user: User, _asked: argparse.Namespace) -> Done:
    if not revoke_admin(begun.dbsession, user, audit=begun.audit, now=begun.now):
        raise NotDone(f"{user.email} is no administrator")
    return Done("no administrator any more", {"administrator": False})
