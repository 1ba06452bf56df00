"""CSV as Excel and other spreadsheets write it is read, or refused with the reason."""

import codecs
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from authsite.importing.decoding import ENCODINGS, MAX_LINE
from authsite.importing.delimited import read_csv
from authsite.importing.errors import UnusableSource
from authsite.importing.imported_user import (
    NOT_DECODED,
    ImportRejected,
    Rejection,
    RejectionReason,
)
from authsite.importing.lines import open_lines
from authsite.importing.reader import Reader
from authsite.importing.source import ImportOptions
from authsite.passwords.legacy_hashes.formats import tag_raw
from tests.factories import NOW

#: As Excel writes it where `;` separates cells.
TEXT = "email;hash;name\r\nrene@example.com;;René Müller\r\neve@example.com;;Eve Doe\r\n"


@pytest.fixture
def read(tmp_path: Path):
    """Return a function that reads a CSV file of these bytes."""

    def go(content: bytes, *, day_first: bool | None = None, **options):
        path = tmp_path / "people.csv"
        path.write_bytes(content)
        reader = Reader("old", tag_raw, NOW, day_first)
        with open_lines(str(path), read_csv, reader, ImportOptions(**options)) as source:
            return list(source.users)

    return go


def names_of(users) -> list[tuple[str, str]]:
    return [(user.first_name, user.last_name) for user in users]


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        f"sep=;\r\n{TEXT}".encode("utf-8-sig"),
        f'"sep=;"\r\n{TEXT}'.encode(),
        f"SEP=;;;\r\n{TEXT}".encode(),
        f"sep=|\r\n{TEXT}".replace(";", "|").encode(),
        TEXT.replace(";", "\t").encode("utf-16"),
        codecs.BOM_UTF16_BE + f"sep=;\r\n{TEXT}".encode("utf-16-be"),
        TEXT.replace("\r\n", "\r").encode(),
        f"{TEXT};;\r\n;;\r\n\r\n".encode(),
        TEXT.replace("name\r\n", "name;;\r\n").replace("Doe\r\n", "Doe;;;\r\n").encode(),
    ],
    ids=[
        *("plain", "with a mark", "sep", "quoted sep", "padded sep", "sep of another", "utf-16"),
        *("utf-16 with the high byte first", "of a Macintosh", "empty rows", "empty columns"),
    ],
)
def test_csv_of_excel_is_read(read, content):
    users = read(content)
    assert names_of(users) == [("René", "Müller"), ("Eve", "Doe")]
    assert [user.place for user in users] in (["line 2", "line 3"], ["line 3", "line 4"])


def test_long_first_line_costs_little(read):
    before = time.process_time()
    with pytest.raises(UnusableSource):
        read(f"sep=;{chr(9) * 60_000}x\n".encode())
    assert time.process_time() - before < 2


def test_places_count_the_line_of_the_separator(read):
    assert [user.place for user in read(f"sep=;\r\n{TEXT}".encode())] == ["line 3", "line 4"]


@pytest.mark.parametrize("encoding", ["cp1252", "mac-roman", "utf-16-le", "utf-16-be"])
def test_encoding_can_be_named(read, encoding):
    assert encoding in ENCODINGS
    users = read(TEXT.encode(encoding), encoding=encoding)
    assert names_of(users) == [("René", "Müller"), ("Eve", "Doe")]


def test_mark_overrides_the_named_encoding(read):
    assert names_of(read(TEXT.encode("utf-8-sig"), encoding="cp1252"))[0] == ("René", "Müller")


def test_undecodable_bytes_are_the_reason_of_a_rejection(read):
    """A code page is not guessed: names of another one would become wrong unnoticed."""
    rene, eve = read(TEXT.encode("cp1252"))
    with pytest.raises(ImportRejected) as refused:
        rene.row(now=NOW)
    assert (refused.value.reason, refused.value.detail) == (RejectionReason.NAME, NOT_DECODED)
    assert eve.row(now=NOW)["last_name"] == "Doe"
    [user] = read("email,hash\nren\xe9@example.com,\n".encode("cp1252"))
    with pytest.raises(ImportRejected) as refused:
        user.row(now=NOW)
    assert (refused.value.reason, refused.value.detail) == (RejectionReason.EMAIL, NOT_DECODED)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (TEXT.encode("utf-16-le"), "this is not UTF-8"),
        (b"PK\x03\x04\x14\0\6\0", "save it as CSV UTF-8"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "save it as CSV UTF-8"),
    ],
)
def test_other_files_are_refused_with_the_reason(read, content, reason):
    with pytest.raises(UnusableSource, match=reason):
        read(content)


def test_missing_header_prints_no_cell(read):
    """The first row may contain a hash."""
    with pytest.raises(UnusableSource) as refused:
        read(b"ada@example.com,$2b$12$secret\n")
    assert "contains an email address, and no names of columns" in str(refused.value)
    assert "secret" not in str(refused.value)


def test_incomplete_row_is_counted_in_its_rejection(read):
    [short, long] = read(b"email,hash,name\na@example.com,x\nb@example.com,x,B,more\n")
    assert short == Rejection("line 2", "", RejectionReason.UNREADABLE, "2 cells instead of 3")
    assert long.detail == "4 cells instead of 3"


def test_long_file_of_a_macintosh_is_no_long_line(read):
    rows = "\r".join(f"p{number}@example.com,{'x' * 100}" for number in range(12_000))
    content = f"email,hash\r{rows}".encode()
    assert len(content) > MAX_LINE
    assert len(read(content)) == 12_000


def test_line_of_utf_16_without_end_is_refused(read):
    """Half of the characters look like the end of a line until they are decoded."""
    content = ("email,hash\n" + "\u0a0a" * MAX_LINE).encode("utf-16")
    with pytest.raises(UnusableSource, match="line 2 is longer than"):
        read(content)


@pytest.mark.parametrize(
    ("text", "day_first", "created"),
    [
        ("17.05.2024", None, datetime(2024, 5, 17, tzinfo=UTC)),
        ("7.5.2024 09:30", None, datetime(2024, 5, 7, 9, 30, tzinfo=UTC)),
        ("07.05.2024 09:30:15", False, datetime(2024, 5, 7, 9, 30, 15, tzinfo=UTC)),
        ("5/7/2024 9:30 AM", False, datetime(2024, 5, 7, 9, 30, tzinfo=UTC)),
        ("5/7/2024 12:30 a.m.", False, datetime(2024, 5, 7, 0, 30, tzinfo=UTC)),
        ("5/7/2024, 12:30 PM", False, datetime(2024, 5, 7, 12, 30, tzinfo=UTC)),
        ("07/05/2024", True, datetime(2024, 5, 7, tzinfo=UTC)),
        ("07-05-2024", True, datetime(2024, 5, 7, tzinfo=UTC)),
        ("20240507", None, datetime(2024, 5, 7, tzinfo=UTC)),
        ("2024-05-07 09:30:00 UTC", None, datetime(2024, 5, 7, 9, 30, tzinfo=UTC)),
        ("0000-00-00 00:00:00", None, None),
    ],
)
def test_local_date_is_read(read, text, day_first, created):
    content = f'email,hash,created\nada@example.com,,"{text}"\n'.encode()
    [user] = read(content, day_first=day_first)
    assert user.created_at == created


@pytest.mark.parametrize(
    ("text", "day_first", "detail"),
    [
        ("5/7/2024", None, "a date whose order is unknown: name it with --dates"),
        ("45413", None, "a number too small for a time"),
        ("45413,396", None, "a day number of a spreadsheet"),
        ("17/5/2024", False, ""),
        ("5/7/24", True, ""),
        ("7. Mai 2024", None, ""),
    ],
)
def test_ambiguous_date_is_rejected_with_the_reason(read, text, day_first, detail):
    content = f'email;hash;created\nada@example.com;;"{text}"\n'.encode()
    [user] = read(content, day_first=day_first)
    assert user.reason is RejectionReason.VALUE
    assert user.detail.startswith(detail)
    assert bool(user.detail) is bool(detail)


@pytest.mark.parametrize("key", ["1,23457E+15", "1.23457e+15", "1E+15"])
def test_rounded_id_is_rejected(read, key):
    [user] = read(f"id;email;hash\n{key};ada@example.com;\n".encode())
    assert (user.place, user.reason) == ("line 2", RejectionReason.ID)
    assert "a spreadsheet has rounded it" in user.detail


@pytest.mark.parametrize(("yes", "no"), [("WAHR", "FALSCH"), ("VRAI", "FAUX"), ("VERO", "FALSO")])
def test_booleans_of_other_languages_are_read(read, yes, no):
    content = f"email;hash;active\na@example.com;;{yes}\nb@example.com;;{no}\n".encode()
    assert [user.is_active for user in read(content)] == [True, False]
