"""Run `authsite …` as an operator does in a shell."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from authsite.cli import main


class Terminal(CliRunner):
    """A runner whose streams are a terminal."""

    @contextmanager
    def isolation(self, *arguments: Any, **options: Any) -> Iterator[Any]:
        with super().isolation(*arguments, **options) as streams:
            for stream in (sys.stdin, sys.stdout, sys.stderr):
                stream.isatty = lambda: True
            yield streams


def run(
    *arguments: str, status: int = 0, stdin: str | bytes | None = None, terminal: bool = False
) -> Result:
    """Run `authsite` with these arguments; it must exit with this status."""
    runner = Terminal() if terminal else CliRunner()
    result = runner.invoke(main, arguments, stdin, catch_exceptions=False, color=terminal)
    assert result.exit_code == status, result.output
    return result


def refusal(*arguments: str, status: int = 1, **options: Any) -> str:
    """Run a command that is refused; return its stderr. Its stdout must be empty."""
    result = run(*arguments, status=status, **options)
    assert result.stdout == ""
    return result.stderr


def write_ini(path: Path, settings: dict[str, str]) -> str:
    """Write an ini file with these settings, and return its path."""
    lines = [f"{name} = {value.replace('%', '%%')}" for name, value in settings.items()]
    path.write_text("\n".join(["[app:main]", *lines]))
    return str(path)
