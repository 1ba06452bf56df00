"""`authsite breached build`: what it prints, and which file is there afterwards."""

from pathlib import Path

import pytest

from authsite.passwords.breached_folder import PREFIXES
from tests import shell
from tests.breaches import a_breached_folder, digest_of


@pytest.fixture
def folder(tmp_path):
    """A folder in which all but a few files are missing."""
    return a_breached_folder(tmp_path / "all", ["hunter2", "llama"], seen=4)


def build(folder, target, *options, **how) -> str:
    return shell.run("breached", "build", str(folder), str(target), *options, **how).output


def refusal(folder, target, *options) -> str:
    printed = shell.refusal("breached", "build", str(folder), str(target), *options)
    assert printed.startswith("authsite: ")
    assert len(printed.splitlines()) == 1
    return printed


def test_filter_is_built_and_its_hashes_are_counted(folder, tmp_path):
    target = tmp_path / "filter"
    assert build(folder, target, "--partial") == f"3 hashes of 3 files are in {target}\n"
    assert target.stat().st_size > 0


@pytest.mark.parametrize(("least", "hashes"), [("1", 3), ("5", 1)])
def test_rarely_seen_passwords_can_be_left_out(folder, tmp_path, least, hashes):
    printed = build(folder, tmp_path / "filter", "--partial", "--at-least", least)
    assert printed.startswith(f"{hashes} hashes of 3 files")


def test_incomplete_download_is_refused(folder, tmp_path):
    target = tmp_path / "filter"
    assert f"{folder} lacks {PREFIXES - 3} of {PREFIXES} files" in refusal(folder, target)
    assert not target.exists()


def test_folder_without_hashes_is_named(folder, tmp_path):
    (tmp_path / "empty").mkdir()
    for name in ("nothing", "empty"):
        assert f"{name} has no 00000.txt" in refusal(tmp_path / name, tmp_path / "filter")


def test_malformed_file_is_named_and_no_filter_is_left(folder, tmp_path):
    file = folder / f"{digest_of('llama')[:5]}.txt"
    file.write_text("<html>Too many requests</html>")
    printed = refusal(folder, tmp_path / "filter", "--partial")
    assert f"the filter was not built: {file} is not a file of Have I Been Pwned" in printed
    assert [path.name for path in tmp_path.iterdir()] == ["all"]


def test_empty_filter_is_not_built(folder, tmp_path):
    printed = refusal(folder, tmp_path / "filter", "--partial", "--at-least", "8")
    assert "no hash that was seen that often" in printed
    assert not (tmp_path / "filter").exists()


def test_only_a_filter_is_replaced(folder, tmp_path):
    """A device, a folder, or one of the very files that it is made of."""
    source = folder / "00000.txt"
    before = source.read_bytes()
    for target in ("/dev/null", folder, source):
        assert "is no filter" in refusal(folder, target, "--partial")
    assert Path("/dev/null").is_char_device()
    assert source.read_bytes() == before


def test_filter_is_replaced_through_a_link(folder, tmp_path):
    target, link = tmp_path / "filter", tmp_path / "link"
    link.symlink_to(target)
    build(folder, link, "--partial", "--at-least", "5")
    small = target.stat().st_size
    build(folder, link, "--partial")
    assert link.is_symlink()
    assert target.stat().st_size == small + 6


def test_unreadable_target_is_refused(folder, tmp_path):
    target = tmp_path / ("x" * 300)
    assert "cannot be read" in refusal(folder, target, "--partial")


def test_missing_folder_of_the_target_is_refused(folder, tmp_path):
    printed = refusal(folder, tmp_path / "no" / "filter", "--partial")
    assert "the filter was not built: " in printed
    assert "No such file or directory" in printed


def test_progress_is_shown_on_a_terminal(folder, tmp_path):
    printed = build(folder, tmp_path / "filter", "--partial", terminal=True)
    assert f"Reading files  [{'#' * 36}]  100%" in printed
    assert "3 hashes of 3 files" in printed
