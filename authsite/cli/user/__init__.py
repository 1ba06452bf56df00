"""`authsite user …`: create and find accounts, and do what only operators may do to them."""

import click

from authsite.cli.lazy_group import LazyGroup
from authsite.cli.options import example

#: Where each command is, and its line in the help.
COMMANDS = {
    "create": ("authsite.cli.user.create:create", "Create an account."),
    "show": ("authsite.cli.user.show:show", "Show an account, its sessions and its last events."),
    "list": ("authsite.cli.user.list_users:list_users", "List accounts by email address."),
    "change-email": (
        "authsite.cli.user.change_email:change_email",
        "Change the email address of a user, who verifies the new one.",
    ),
    "suspend": (
        "authsite.cli.user.suspension:suspend",
        "Block sign-in to an account and end its sessions.",
    ),
    "reinstate": (
        "authsite.cli.user.suspension:reinstate",
        "Allow sign-in to a suspended account again.",
    ),
    "end-sessions": (
        "authsite.cli.user.end_sessions:end_sessions",
        "Sign a user out on all devices.",
    ),
    "end-session": (
        "authsite.cli.user.end_sessions:end_session",
        "Sign a user out of one session.",
    ),
    "unlock": (
        "authsite.cli.user.unlock:unlock",
        "Let a throttled user try again.",
    ),
    "mark-verified": (
        "authsite.cli.user.mark_verified:mark_verified",
        "Mark the email address of an account as verified.",
    ),
    "emails": ("authsite.cli.user.emails:emails", "Show the emails of an account."),
    "retry-email": (
        "authsite.cli.user.emails:retry_email",
        "Try to deliver a deferred email now.",
    ),
    "send-verification": (
        "authsite.cli.user.send_verification:send_verification",
        "Email a user a link to verify the email address.",
    ),
    "add-note": ("authsite.cli.user.notes:add_note", "Add a note on an account."),
    "notes": ("authsite.cli.user.notes:notes", "Show the notes on an account."),
    "send-reset": (
        "authsite.cli.user.send_reset:send_reset",
        "Email a user a link to reset the password.",
    ),
    "export": ("authsite.cli.user.export:export", "Print all data of an account."),
    "erase": ("authsite.cli.user.erase:erase", "Erase an account at once."),
    "close": ("authsite.cli.user.close:close", "Close an account and schedule its deletion."),
    "grant-admin": ("authsite.cli.user.admin_rights:grant_admin", "Make a user an administrator."),
    "revoke-admin": (
        "authsite.cli.user.admin_rights:revoke_admin",
        "Take the administrator rights of a user away.",
    ),
}


@click.group(
    cls=LazyGroup,
    subcommands=COMMANDS,
    epilog=example("user show production.ini ada@example.com"),
)
def user() -> None:
    """Create, find and manage accounts."""
