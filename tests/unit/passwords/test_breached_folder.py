"""A folder of hashes as Have I Been Pwned publishes it."""

import re

import pytest

from authsite.passwords.breached_folder import BreachedFolder, MalformedFile
from tests.breaches import EXCERPT, a_breached_folder, digest_of

LINE = b"0005AD76BD555C1D6D771DE417A4B87E4B4:10\r\n"
BROKEN = [
    b"",
    b"\r\n",
    b"<html>not found</html>",
    LINE[1:],
    LINE.replace(b":10", b""),
    LINE.replace(b":10", b":"),
    LINE.replace(b":10", b":ten"),
    LINE.replace(b":10", b":-1"),
    LINE.lower(),
    LINE + b"\r\n" + LINE,
    LINE + LINE[:20],
    LINE.rstrip() + LINE,
    b"\xef\xbb\xbf" + LINE,
    LINE + b"\0",
]


def has(folder: BreachedFolder, password: str) -> bool:
    return folder.has(bytes.fromhex(digest_of(password)))


@pytest.mark.parametrize("extension", [".txt", ""])
@pytest.mark.parametrize("line_end", ["\r\n", "\n"])
def test_passwords_in_the_files_are_found(tmp_path, extension, line_end):
    known, unknown = ["hunter2", "llama", "café"], ["hunter3", "alpaca"]
    path = a_breached_folder(
        tmp_path / "all", known, others=unknown, extension=extension, line_end=line_end
    )
    folder = BreachedFolder.at(path)
    assert all(has(folder, password) for password in known)
    assert not any(has(folder, password) for password in unknown)


def test_file_may_end_without_a_line_end(tmp_path):
    path = a_breached_folder(tmp_path / "all", ["hunter2"])
    (file,) = [file for file in path.iterdir() if file.stem != "00000"]
    assert has(BreachedFolder.at(path), "hunter2")
    file.write_bytes(file.read_bytes() + b"\r\n")
    assert has(BreachedFolder.at(path), "hunter2")


def test_padding_is_ignored(tmp_path):
    """Have I Been Pwned pads its answers with hashes that were seen 0 times."""
    path = a_breached_folder(tmp_path / "all", ["hunter2"], seen=0)
    assert not has(BreachedFolder.at(path), "hunter2")


def test_rarely_seen_hashes_can_be_omitted():
    folder = BreachedFolder.at(EXCERPT)
    counts = [len(folder.suffixes(0, at_least=least)) for least in (1, 4, 5, 10, 11)]
    assert counts == [2, 2, 1, 1, 0]


@pytest.mark.parametrize("content", BROKEN)
def test_malformed_file_is_named(tmp_path, content):
    path = a_breached_folder(tmp_path / "all")
    file = path / "00000.txt"
    file.write_bytes(content)
    with pytest.raises(MalformedFile, match=re.escape(str(file))):
        BreachedFolder.at(path).suffixes(0)


def test_missing_file_is_an_error(tmp_path):
    folder = BreachedFolder.at(a_breached_folder(tmp_path / "all"))
    with pytest.raises(FileNotFoundError):
        has(folder, "hunter2")


def test_prefixes_are_those_with_a_file(tmp_path):
    path = a_breached_folder(tmp_path / "all")
    for name in ("FFFFF.txt", "0000A.txt", "0000B", "0000c.txt", "readme.txt", "00010.txt.part"):
        (path / name).touch()
    assert list(BreachedFolder.at(path).prefixes()) == [0, 0xA, 0xFFFFF]


def test_folder_is_recognized_by_its_first_file(tmp_path):
    assert BreachedFolder.at(EXCERPT) == BreachedFolder(EXCERPT, ".txt")
    assert BreachedFolder.at(tmp_path) is None
    assert BreachedFolder.at(EXCERPT / "00000.txt") is None
    (tmp_path / "00000").mkdir()
    assert BreachedFolder.at(tmp_path) is None
