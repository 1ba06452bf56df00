"""`authsite breached build`: make one file of a folder of breached passwords."""

from pathlib import Path

import click

from authsite.cli.errors import CommandError
from authsite.cli.options import example
from authsite.cli.progress import progress_bar
from authsite.passwords.breached_filter import BreachedFilter, build_filter
from authsite.passwords.breached_folder import PREFIXES, BreachedFolder, MalformedFile

#: Files between two updates of the bar; there are a million.
_STEP = 4096
_PATH = click.Path(path_type=Path)


@click.group(epilog=example("breached build /srv/pwned /srv/authsite/breached.filter"))
def breached() -> None:
    """Prepare a list of breached passwords."""


@breached.command(
    short_help="Build a filter from the files of Have I Been Pwned.",
    epilog=example("breached build /srv/pwned /srv/authsite/breached.filter"),
)
@click.argument("folder", type=_PATH)
@click.argument("target", type=_PATH, metavar="FILTER")
@click.option(
    "--at-least",
    type=click.IntRange(1, 10**12 - 1),
    default=1,
    metavar="COUNT",
    help="Leave out passwords that were seen less often.",
)
@click.option("--partial", is_flag=True, help="Accept a folder in which files are missing.")
def build(folder: Path, target: Path, at_least: int, partial: bool) -> None:
    """Build a filter of about 3 bytes per hash from the files of Have I Been Pwned.

    FOLDER has the files 00000.txt to FFFFF.txt. FILTER is created, or replaced when the new one
    is complete.
    """
    source = BreachedFolder.at(folder)
    if source is None:
        raise CommandError(f"{folder} has no 00000.txt, so it is no folder of Have I Been Pwned")
    _require_replaceable(target)
    prefixes = source.prefixes()
    if len(prefixes) < PREFIXES and not partial:
        raise CommandError(
            f"{folder} lacks {PREFIXES - len(prefixes)} of {PREFIXES} files; pass --partial to use "
            "it as it is"
        )
    hashes = 0
    # A link to a filter stays a link.
    building = build_filter(source, target.resolve(), prefixes=prefixes, at_least=at_least)
    try:
        with progress_bar("Reading files", total=len(prefixes), update_every=_STEP) as advance:
            for found in building:
                hashes += found
                advance(1)
    except (OSError, MalformedFile) as error:
        raise CommandError(f"the filter was not built: {error}") from error
    click.echo(f"{hashes} hashes of {len(prefixes)} files are in {target}")


def _require_replaceable(target: Path) -> None:
    """Refuse to replace another file, which was named by mistake."""
    try:
        is_another_file = target.exists() and BreachedFilter.at(target) is None
    except (OSError, MalformedFile) as error:
        raise CommandError(f"{target} cannot be read: {error}") from error
    if is_another_file:
        raise CommandError(f"{target} exists and is no filter")
