"""`authsite breached build`: what an operator is told, and what is there afterwards."""

import os
import sys
from pathlib import Path

import pytest

from authsite.commands import main
from authsite.passwords.breached_folder import PREFIXES
from tests.breaches import a_breached_folder, digest_of


@pytest.fixture
def folder(tmp_path):
    """A folder in which all but a few files are missing."""
    return a_breached_folder(tmp_path / "all", ["hunter2", "llama"], seen=4)


def build(folder, target, *options: str) -> int:
    return main(["breached", "build", str(folder), str(target), *options])


def test_a_filter_is_built_and_its_hashes_are_counted(folder, tmp_path, capsys):
    target = tmp_path / "filter"
    assert build(folder, target, "--partial") == 0
    assert capsys.readouterr() == (f"3 hashes of 3 files are in {target}\n", "")
    assert target.stat().st_size > 0


@pytest.mark.parametrize(("least", "hashes"), [("1", 3), ("5", 1)])
def test_what_was_seen_seldom_may_be_left_out(folder, tmp_path, capsys, least, hashes):
    assert build(folder, tmp_path / "filter", "--partial", "--at-least", least) == 0
    assert capsys.readouterr().out.startswith(f"{hashes} hashes of 3 files")


def test_a_download_that_was_interrupted_is_not_taken_for_all_there_is(folder, tmp_path, capsys):
    target = tmp_path / "filter"
    assert build(folder, target) == 1
    error = capsys.readouterr().err
    assert f"{folder} lacks {PREFIXES - 3} of {PREFIXES} files" in error
    assert not target.exists()


def refusal(capsys, *arguments) -> str:
    assert build(*arguments) == 1
    written = capsys.readouterr()
    assert written.out == ""
    assert written.err.startswith("authsite: ")
    assert len(written.err.splitlines()) == 1
    return written.err


def test_what_is_no_folder_of_hashes_is_named(folder, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    for name in ("nothing", "empty"):
        assert f"{name} has no 00000.txt" in refusal(capsys, tmp_path / name, tmp_path / "filter")


def test_a_malformed_file_is_named_and_nothing_is_left(folder, tmp_path, capsys):
    file = folder / f"{digest_of('llama')[:5]}.txt"
    file.write_text("<html>Too many requests</html>")
    said = refusal(capsys, folder, tmp_path / "filter", "--partial")
    assert f"no filter was made: {file} is not a file of Have I Been Pwned" in said
    assert [path.name for path in tmp_path.iterdir()] == ["all"]


def test_a_filter_that_would_refuse_nobody_is_not_made(folder, tmp_path, capsys):
    said = refusal(capsys, folder, tmp_path / "filter", "--partial", "--at-least", "8")
    assert "no hash that was seen that often" in said
    assert not (tmp_path / "filter").exists()


def test_nothing_gives_way_to_a_filter_but_a_filter(folder, tmp_path, capsys):
    """A device, a folder, or one of the very files that it is made of."""
    source = folder / "00000.txt"
    before = source.read_bytes()
    for target in ("/dev/null", folder, source):
        assert "is no filter" in refusal(capsys, folder, target, "--partial")
    assert Path("/dev/null").is_char_device()
    assert source.read_bytes() == before


def test_a_filter_gives_way_and_a_link_to_it_stays_one(folder, tmp_path, capsys):
    target, link = tmp_path / "filter", tmp_path / "link"
    link.symlink_to(target)
    assert build(folder, link, "--partial", "--at-least", "5") == 0
    small = target.stat().st_size
    assert build(folder, link, "--partial") == 0
    assert link.is_symlink()
    assert target.stat().st_size == small + 6


def test_a_target_that_cannot_be_judged_is_left_alone(folder, tmp_path, capsys):
    target = tmp_path / ("x" * 300)
    assert "cannot be read" in refusal(capsys, folder, target, "--partial")


def test_where_no_file_can_be_written_that_is_told_before_the_work(folder, tmp_path, capsys):
    said = refusal(capsys, folder, tmp_path / "no" / "filter", "--partial")
    assert "no filter was made: " in said
    assert "No such file or directory" in said


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["build"],
        ["build", "folder"],
        ["dance", "folder", "filter"],
        ["build", "folder", "filter", "--at-least", "0"],
        ["build", "folder", "filter", "--at-least", "many"],
        ["build", "folder", "filter", "--at-least", "\u0663"],
        ["build", "folder", "filter", "--at-least", "9" * 13],
        ["build", "folder", "filter", "site.ini"],
    ],
)
def test_who_asks_wrongly_is_told_how_to_ask(arguments, capsys):
    with pytest.raises(SystemExit) as end:
        main(["breached", *arguments])
    assert end.value.code == 2
    assert "usage: authsite" in capsys.readouterr().err


def test_on_a_terminal_it_says_how_far_it_is(folder, tmp_path, monkeypatch, capsys):
    ours, theirs = os.openpty()
    with os.fdopen(theirs, "w") as terminal, os.fdopen(ours, "rb", 0) as screen:
        monkeypatch.setattr(sys, "stderr", terminal)
        assert build(folder, tmp_path / "filter", "--partial") == 0
        terminal.flush()
        shown = b""
        while b"\n" not in shown:
            shown += screen.read(1000)
    assert shown == b"\r3 of 3 files read\r\n"
    assert capsys.readouterr().out.startswith("3 hashes of 3 files")
