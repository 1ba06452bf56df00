"""What an operator does from a shell: `authsite <command> …`.

A command is a module with `HELP`, `add_arguments(parser)` and `run(asked)`, which returns the exit
status or raises `NotDone`. One for a site takes both from ini_file.py.
"""

import argparse
import os
import sys
from collections.abc import Sequence

from authsite import background
from authsite.commands import (
    breached,
    calibrate,
    deliver,
    doctor,
    import_users,
    outbox,
    purge,
    tree,
    user,
)
from authsite.commands.not_done import NotDone

#: What a shell says of a command that Ctrl-C has ended: 128 and the number of the signal.
INTERRUPTED = 130

_COMMANDS = {
    "breached": breached,
    "calibrate": calibrate,
    "deliver": deliver,
    "doctor": doctor,
    "import": import_users,
    "outbox": outbox,
    "purge": purge,
    "tree": tree,
    "user": user,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit status: 0 done, 1 not done, 2 asked wrongly, 130 stopped."""
    parser = argparse.ArgumentParser(
        prog="authsite", description="What an operator of the site does from a shell."
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="command")
    for name, module in _COMMANDS.items():
        command = commands.add_parser(name, help=module.HELP, description=module.HELP)
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    asked = parser.parse_args(arguments)
    background.disable()
    try:
        status: int = asked.run(asked)
        sys.stdout.flush()
    except NotDone as why:
        return _fail(str(why))
    except BrokenPipeError:  # whoever reads along has seen enough, and the end need not be told
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        return _fail(f"the output cannot be written: {error}")
    except KeyboardInterrupt:
        return INTERRUPTED
    return status


def _fail(why: str) -> int:
    sys.stderr.write(f"authsite: {why}\n")
    return 1
