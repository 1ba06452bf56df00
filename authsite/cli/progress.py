"""Progress bars on the terminal of an operator."""

import itertools
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar


def progress_bar(label: str, *, total: int | None, update_every: int = 1) -> "ProgressBar[int]":
    """Return a bar whose `update(n)` adds n steps; hidden unless stderr is a terminal.

    If `total` is None, only the count is shown; if it is 0, nothing.
    """
    return click.progressbar(
        itertools.count(),
        length=total,
        label=label,
        show_pos=total is None,
        update_min_steps=update_every,
        file=sys.stderr,
        hidden=total == 0 or not sys.stderr.isatty(),
    )
