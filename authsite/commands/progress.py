"""How far a long command is, on a terminal: a bar that grows in its place."""

import sys
from types import TracebackType
from typing import Self

_WIDTH = 30


class Progress:
    """Says on the standard error how far it is, when that is a terminal; else it says nothing.

    Of a `total` that is not known only the count is shown.
    """

    def __init__(self, what: str, *, total: int | None = None) -> None:
        self._what = what
        self._total = total
        self._on_terminal = sys.stderr.isatty()
        self._shown = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if self._shown:
            sys.stderr.write("\n")

    def show(self, done: int) -> None:
        """Say that so much of it is done."""
        if not self._on_terminal:
            return
        line = f"{self._bar(done)}{done} {self._what}"
        if line != self._shown:
            sys.stderr.write(f"\r{line.ljust(len(self._shown))}")
            sys.stderr.flush()
            self._shown = line

    def _bar(self, done: int) -> str:
        if not self._total:
            return ""
        share = min(done / self._total, 1.0)
        grown = round(share * _WIDTH)
        return f"[{'#' * grown}{'-' * (_WIDTH - grown)}] {share:4.0%}  "
