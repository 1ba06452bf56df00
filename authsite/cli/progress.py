"""Progress bars on the terminal of an operator."""

import itertools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click


@contextmanager
def progress_bar(
    label: str, *, total: int | None, update_every: int = 1
) -> Iterator[Callable[[int], None]]:
    """Yield a function that adds steps to a bar, which is hidden unless stderr is a terminal.

    If `total` is None, only the count is shown; if it is 0, nothing.
    """
    with click.progressbar(
        itertools.count(),
        length=total,
        label=label,
        show_pos=total is None,
        update_min_steps=update_every,
        file=sys.stderr,
        hidden=total == 0 or not sys.stderr.isatty(),
    ) as bar:
        yield bar.update
