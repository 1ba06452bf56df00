"""`authsite breached build`: make one file of a folder of breached passwords."""

import argparse
import re
import sys
from pathlib import Path

from authsite.commands.not_done import NotDone
from authsite.passwords.breached_filter import BreachedFilter, build_filter
from authsite.passwords.breached_folder import PREFIXES, BreachedFolder, MalformedFile

HELP = "prepare the list of breached passwords"

_BUILD = "make one file of some 3 bytes a hash of a folder of Have I Been Pwned's files"
#: Files between two words on a terminal.
_STEP = 4096


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Make the command ask what to do, from where and to where."""
    actions = command.add_subparsers(title="actions", required=True, metavar="action")
    build = actions.add_parser("build", help=_BUILD, description=_BUILD)
    build.add_argument("folder", type=Path, help="the folder with 00000.txt to FFFFF.txt")
    build.add_argument("filter", type=Path, help="the file to make, or to replace once it is whole")
    build.add_argument(
        "--at-least",
        type=_count,
        default=1,
        metavar="COUNT",
        help="leave out passwords that were seen less often",
    )
    build.add_argument(
        "--partial", action="store_true", help="take a folder in which files are missing"
    )


def run(asked: argparse.Namespace) -> int:
    """Build, and say how many hashes there are; on a terminal also how far it is."""
    folder = BreachedFolder.at(asked.folder)
    if folder is None:
        raise NotDone(f"{asked.folder} has no 00000.txt: it is no folder of Have I Been Pwned's")
    _demand_replaceable(asked.filter)
    prefixes = folder.prefixes()
    if len(prefixes) < PREFIXES and not asked.partial:
        raise NotDone(
            f"{asked.folder} lacks {PREFIXES - len(prefixes)} of {PREFIXES} files; --partial takes "
            "it as it is"
        )
    hashes, on_terminal = 0, sys.stderr.isatty()
    target = asked.filter.resolve()  # a link stays one
    building = build_filter(folder, target, prefixes=prefixes, at_least=asked.at_least)
    try:
        for files, found in enumerate(building, start=1):
            hashes += found
            if on_terminal and (files % _STEP == 0 or files == len(prefixes)):
                sys.stderr.write(f"\r{files} of {len(prefixes)} files read")
                sys.stderr.flush()
    except (OSError, MalformedFile) as error:
        raise NotDone(f"no filter was made: {error}") from error
    if on_terminal:
        sys.stderr.write("\n")
    sys.stdout.write(f"{hashes} hashes of {len(prefixes)} files are in {asked.filter}\n")
    return 0


def _demand_replaceable(target: Path) -> None:
    """Only a filter gives way to a filter: whatever else is there was named by mistake."""
    try:
        in_the_way = target.exists() and BreachedFilter.at(target) is None
    except (OSError, MalformedFile) as error:
        raise NotDone(f"{target} cannot be read: {error}") from error
    if in_the_way:
        raise NotDone(f"{target} is there already, and is no filter")


def _count(text: str) -> int:
    if not re.fullmatch("[1-9][0-9]{0,11}", text):
        raise argparse.ArgumentTypeError("must be a whole number from 1")
    return int(text)
