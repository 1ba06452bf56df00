"""A bar for whoever watches, and nothing for whoever does not."""

import io
import sys

import pytest

from authsite.commands.progress import Progress


class Terminal(io.StringIO):
    """What somebody sees."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def on_terminal(monkeypatch):
    """Say that so much is done, one after the other, on a terminal; return what is seen."""

    def show(*steps: int, total: int | None = None) -> str:
        terminal = Terminal()
        monkeypatch.setattr(sys, "stderr", terminal)
        with Progress("rows", total=total) as progress:
            for done in steps:
                progress.show(done)
        return terminal.getvalue()

    return show


def test_a_bar_grows_until_all_is_done(on_terminal):
    assert on_terminal(0, 1, 4, total=4) == (
        f"\r[{'-' * 30}]   0%  0 rows"
        f"\r[{'#' * 8}{'-' * 22}]  25%  1 rows"
        f"\r[{'#' * 30}] 100%  4 rows\n"
    )


def test_there_is_never_more_than_all(on_terminal):
    assert on_terminal(3, total=2) == f"\r[{'#' * 30}] 100%  3 rows\n"


@pytest.mark.parametrize("total", [None, 0])
def test_where_nobody_knows_how_much_there_is_it_counts(on_terminal, total):
    assert on_terminal(1000, 1000, 7, total=total) == "\r1000 rows\r7 rows   \n"


def test_where_nothing_was_shown_a_terminal_stays_as_it_is(on_terminal):
    assert on_terminal() == ""


def test_without_a_terminal_nothing_is_shown(capsys):
    with Progress("rows", total=2) as progress:
        progress.show(1)
    assert capsys.readouterr() == ("", "")
