"""The filter that is built from a folder of hashes."""

import re
import struct
import tempfile
from array import array
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from authsite.passwords.breached_filter import _ENTRIES_AT, BreachedFilter, build_filter
from authsite.passwords.breached_folder import BreachedFolder, MalformedFile
from tests.breaches import a_breached_filter, a_breached_folder, digest_of

#: Hashes that share prefixes, and those at the ends of the index.
DIGITS = "0123456789ABCDEF"
PREFIXES = ["00000", "00001", "7FFFF", "80000", "FFFFF"]
digests = st.builds(
    lambda prefix, begin, rest: f"{prefix}{begin}{rest}",
    st.sampled_from(PREFIXES),
    st.text(DIGITS, min_size=6, max_size=6) | st.sampled_from(["000000", "FFFFFF", "0A0D0A"]),
    st.text(DIGITS, min_size=29, max_size=29),
)


def of_digests(path: Path, known: dict[str, int]) -> Path:
    """Write the files of these hashes and their counts into a folder."""
    lines: dict[str, list[str]] = {"00000": [f"{'0' * 35}:0"]}
    for digest in sorted(known):
        lines.setdefault(digest[:5], []).append(f"{digest[5:]}:{known[digest]}")
    for prefix, each in lines.items():
        (path / prefix).write_text("\n".join(each))
    return path


@settings(max_examples=40)
@given(st.dictionaries(digests, st.integers(0, 5), max_size=30), digests, st.integers(1, 5))
def test_filter_has_the_first_44_bits_of_each_hash(known, other, at_least):
    with tempfile.TemporaryDirectory() as name:
        target = Path(name) / "breached.filter"
        plain = {digest[:11] for digest, count in known.items() if count >= at_least}
        assume(plain)
        entries = a_breached_filter(of_digests(Path(name), known), target, at_least=at_least)
        hashes = BreachedFilter.at(target)
        assert entries == len(plain)
        assert target.stat().st_size == _ENTRIES_AT + 3 * entries
        for digest in [*known, other]:
            assert hashes.has(bytes.fromhex(digest)) == (digest[:11] in plain)


def test_filter_has_the_passwords_of_its_folder(tmp_path):
    known = [f"hunter{number}" for number in range(300)]
    path = a_breached_folder(tmp_path / "all", known)
    assert a_breached_filter(path, tmp_path / "filter") == 301
    hashes = BreachedFilter.at(tmp_path / "filter")
    assert all(hashes.has(bytes.fromhex(digest_of(password))) for password in known)
    others = [digest_of(f"llama{number}") for number in range(300)]
    assert not any(hashes.has(bytes.fromhex(digest)) for digest in others)


def test_failed_build_keeps_the_previous_filter(tmp_path):
    path, target = a_breached_folder(tmp_path / "all", ["hunter2"]), tmp_path / "filter"
    a_breached_filter(path, target)
    before = target.read_bytes()
    (path / "FFFFF.txt").write_text("no hash")
    with pytest.raises(MalformedFile, match=re.escape(str(path / "FFFFF.txt"))):
        a_breached_filter(path, target)
    assert target.read_bytes() == before
    assert {file.name for file in tmp_path.iterdir()} == {"all", "filter"}


def test_stopped_build_leaves_no_file(tmp_path):
    folder = BreachedFolder.at(a_breached_folder(tmp_path / "all", ["hunter2"]))
    building = build_filter(folder, tmp_path / "filter", prefixes=folder.prefixes(), at_least=1)
    assert next(building) == 1
    assert len(list(tmp_path.iterdir())) == 2
    building.close()
    assert [file.name for file in tmp_path.iterdir()] == ["all"]


def test_replaced_filter_is_used_at_once(tmp_path):
    target, digest = tmp_path / "filter", bytes.fromhex(digest_of("hunter2"))
    a_breached_filter(a_breached_folder(tmp_path / "before"), target)
    hashes = BreachedFilter.at(target)
    assert not hashes.has(digest)
    a_breached_filter(a_breached_folder(tmp_path / "after", ["hunter2"]), target)
    assert hashes.has(digest)


def broken(content: bytes) -> list[bytes]:
    """Return the contents of damaged filters."""
    return [
        b"",
        content[:10],
        content[:100],
        content[:-1],
        content + b"\0",
        content.replace(b"passwords 1", b"passwords 2"),
        b"x" * len(content),
    ]


def test_incomplete_filter_is_refused(tmp_path):
    target = tmp_path / "filter"
    a_breached_filter(a_breached_folder(tmp_path / "all", ["hunter2"]), target)
    assert BreachedFilter.at(target) == BreachedFilter(target)
    for content in broken(target.read_bytes()):
        target.write_bytes(content)
        assert BreachedFilter.at(target) is None
    assert BreachedFilter.at(tmp_path) is None
    assert BreachedFilter.at(tmp_path / "nothing") is None


def test_filter_damaged_later_raises(tmp_path):
    target, digest = tmp_path / "filter", bytes.fromhex("F" * 40)
    path = of_digests(a_breached_folder(tmp_path / "all", extension=""), {"F" * 40: 1})
    a_breached_filter(path, target)
    hashes, content = BreachedFilter.at(target), target.read_bytes()
    assert hashes.has(digest)
    for cut in (b"", content[:100], content[:-1], content.replace(b"words 1", b"words 2")):
        target.write_bytes(cut)
        with pytest.raises(MalformedFile):
            hashes.has(digest)
    target.unlink()
    with pytest.raises(FileNotFoundError):
        hashes.has(digest)


def test_empty_filter_is_not_built(tmp_path):
    folder, target = BreachedFolder.at(a_breached_folder(tmp_path / "all")), tmp_path / "filter"
    with pytest.raises(MalformedFile, match="has no hash that was seen that often"):
        list(build_filter(folder, target, prefixes=array("I"), at_least=1))
    assert not target.exists()


@pytest.mark.parametrize("numbers", [(5, 3), (0, 2**60), (2**63, 2**63 + 1)])
def test_damaged_index_raises(tmp_path, numbers):
    target = tmp_path / "filter"
    a_breached_filter(a_breached_folder(tmp_path / "all", ["hunter2"]), target)
    hashes, digest = BreachedFilter.at(target), digest_of("hunter2")
    with target.open("r+b") as file:
        file.seek(30 + 8 * int(digest[:5], 16))
        file.write(struct.pack("<2Q", *numbers))
    with pytest.raises(MalformedFile, match="damaged index"):
        hashes.has(bytes.fromhex(digest))
