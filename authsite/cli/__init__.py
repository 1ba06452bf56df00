"""What an operator does from a shell: `authsite <command> …`."""

import errno
from typing import Any

import click

from authsite.application import background
from authsite.cli.errors import CommandError
from authsite.cli.lazy_group import LazyGroup

#: The exit status of a command that Ctrl-C ends: 128 and the number of the signal.
INTERRUPTED = 130

#: Where each command is, and its line in the help.
COMMANDS = {
    "audit": ("authsite.cli.audit:audit", "List who did what across accounts."),
    "breached": ("authsite.cli.breached:breached", "Prepare a list of breached passwords."),
    "calibrate": (
        "authsite.cli.calibrate:calibrate",
        "Measure this machine and propose Argon2id parameters.",
    ),
    "deliver": ("authsite.cli.deliver:deliver", "Deliver emails from the outbox until stopped."),
    "doctor": ("authsite.cli.doctor:doctor", "Check a site and show how to fix what is wrong."),
    "import": (
        "authsite.cli.import_users:import_",
        "Import users and their password hashes from another system.",
    ),
    "migrate": ("authsite.cli.migrate:migrate", "Create or migrate the tables."),
    "outbox": ("authsite.cli.outbox:outbox", "Show waiting, failed and delivered emails."),
    "purge": ("authsite.cli.purge:purge", "Delete expired rows while the site runs."),
    "urls": ("authsite.cli.urls:urls", "List every URL with its method, permission and view."),
    "user": ("authsite.cli.user:user", "Create, find and manage accounts."),
}

_EPILOG = """\b
Exit status:
  0    done
  1    refused or failed, one sentence on stderr says why; or aborted at a prompt
  2    wrong usage
  130  stopped by Ctrl-C

\b
Example:
  authsite doctor production.ini

\b
Shell completion for bash (for zsh and fish: zsh_source and fish_source):
  eval "$(_AUTHSITE_COMPLETE=bash_source authsite)"
"""


class RootGroup(LazyGroup):
    """Reports errors of the output and Ctrl-C in a form for operators."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; click itself handles usage, refusals and a closed pipe."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise
            raise CommandError(f"the output cannot be written: {error}") from error


@click.group("authsite", cls=RootGroup, subcommands=COMMANDS, epilog=_EPILOG)
@click.version_option(package_name="authsite", message="%(prog)s %(version)s")
def main() -> None:
    """Manage an account site."""
    background.disable()  # commands build the application, and serve nothing
