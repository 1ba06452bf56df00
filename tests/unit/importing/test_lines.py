"""Users in CSV and JSON lines, complete or damaged."""

import io
import json
import os
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authsite.importing.decoding import MAX_LINE
from authsite.importing.delimited import read_csv
from authsite.importing.errors import UnusableSource
from authsite.importing.imported_user import ImportedUser, Rejection, RejectionReason
from authsite.importing.json_lines import read_json_lines
from authsite.importing.lines import open_lines
from authsite.importing.reader import Reader
from authsite.importing.source import ImportOptions
from authsite.passwords.legacy_hashes.formats import tag_raw
from tests.factories import NOW

READERS = {"csv": read_csv, "jsonl": read_json_lines}


def read(place: str, file_type: str, **columns: str):
    """Return all users of a file, and its number of lines."""
    options, reader = ImportOptions(columns=columns), Reader("old", tag_raw, NOW)
    with open_lines(place, READERS[file_type], reader, options) as source:
        return list(source.users), source.total


@pytest.fixture
def of_bytes(tmp_path: Path):
    """Return a function that reads a file of these bytes."""

    def go(content: bytes, file_type: str, **columns: str):
        path = tmp_path / f"people.{file_type}"
        path.write_bytes(content)
        return read(str(path), file_type, **columns)[0]

    return go


@pytest.fixture
def csv(of_bytes):
    return lambda text, **columns: of_bytes(text.encode(), "csv", **columns)


@pytest.fixture
def jsonl(of_bytes):
    return lambda *lines, **columns: of_bytes(
        "\n".join(each if isinstance(each, str) else json.dumps(each) for each in lines).encode(),
        "jsonl",
        **columns,
    )


def emails_of(users) -> list[str]:
    return [each.email for each in users]


def test_first_line_of_csv_names_the_columns(csv):
    [user] = csv("Hash,ID,E-mail,Given Name\nx,7,ada@example.com,Ada\n")
    assert user == ImportedUser(
        external_id="old:7",
        email="ada@example.com",
        first_name="Ada",
        password_hash="x",
        place="line 2",
    )


def test_chosen_column_overrides_the_detected_one(csv):
    [user] = csv("email,pw,hash\nada@example.com,x,y\n", password="pw", first_name="", last_name="")
    assert user.password_hash == "x"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_delimiter_is_detected(csv, delimiter):
    text = 'email,hash,name\nada@example.com,x,"Ada ""A,B"" Lovelace"\n'
    quoted = text.replace("A,B", "A B").replace(",", delimiter)
    [user] = csv(quoted)
    assert user.last_name == '"A B" Lovelace'


def test_csv_may_have_a_bom_and_empty_lines(of_bytes):
    """A byte order mark, CRLF, an empty line, and no line end at the end."""
    content = (
        '\ufeffemail,hash,name\r\na@example.com,x,"Ada\nB"\r\n\r\nb@example.com,y,Eve'.encode()
    )
    first, second = of_bytes(content, "csv")
    assert (first.email, second.email, second.password_hash) == (
        "a@example.com",
        "b@example.com",
        "y",
    )


def test_malformed_csv_line_rejects_this_line_only(csv):
    people = csv(
        'email,hash\na@example.com\nb@example.com,x,y\n"c"d@example.com,x\ne@example.com,x\n"open,x'
    )
    unreadable = [each for each in people if isinstance(each, Rejection)]
    assert [each.place for each in unreadable] == ["line 2", "line 3", "line 4", "line 6"]
    assert {each.reason for each in unreadable} == {RejectionReason.UNREADABLE}
    assert "e@example.com" in emails_of(people)


def test_unclosed_quote_names_all_lost_lines(csv):
    rows = "".join(f"p{number}@example.com,,{'n' * 90}\n" for number in range(3, 3000))
    lost, *people = csv(f'email,hash,name\na@example.com,,"open\n{rows}')
    assert isinstance(lost, Rejection)
    number = 2999 - len(people)
    assert number > 1000
    assert lost.place == f"lines 2 to {number}"
    assert people[0].email == f"p{number + 1}@example.com"


def test_row_of_several_lines_is_named_by_its_lines(csv):
    _, lost = csv('email,hash\na@example.com,x\n"b@exam\nple.com",y,z\n')
    assert lost.place == "lines 3 to 4"


def test_quote_in_a_file_with_tabs_hides_no_row(csv):
    """As `mysql --batch` writes a name in quotes, in a column that is not read."""
    first, lost, last = csv(
        'email\thash\tnote\na@example.com\tx\t\nb@example.com\tx\t"Bee\n'
        'c@example.com\tx\tSea"\nd@example.com\tx\t\n'
    )
    assert emails_of([first, last]) == ["a@example.com", "d@example.com"]
    assert (lost.place, lost.reason) == ("lines 3 to 4", RejectionReason.UNREADABLE)
    assert lost.detail.startswith("a quote opens a cell of several lines")


def test_malformed_first_line_is_reported(csv):
    with pytest.raises(UnusableSource, match="the first line has no column names"):
        csv(f"email,hash,{'x' * 200_000}\n")


def test_undecodable_bytes_affect_their_cell_only(of_bytes):
    content = b"email,hash,name\nada@example.com,x,Ren\xe9\neve@example.com,y,Eve\n"
    first, second = of_bytes(content, "csv")
    assert (first.first_name, second.first_name) == ("Ren\ufffd", "Eve")


@pytest.mark.parametrize("content", ["", "\n", "name,hash\n", "ada@example.com,x\n", "email\n"])
def test_file_without_column_names_is_reported(csv, content):
    with pytest.raises(UnusableSource, match=r"no column looks like (email|password)"):
        csv(content)


def test_missing_column_is_reported(csv):
    with pytest.raises(UnusableSource, match="no column pw for password"):
        csv("email,hash\n", password="pw")


def test_json_line_is_read_as_a_user(jsonl):
    user, other = jsonl(
        {"id": 7, "email": "ada@example.com", "passwordHash": "x", "emailVerified": True},
        {"email": "eve@example.com", "id": 8, "active": False, "roles": ["any"]},
    )
    assert user == ImportedUser(
        external_id="old:7",
        email="ada@example.com",
        password_hash="x",
        email_verified_at=NOW,
        place="line 1",
    )
    assert (other.external_id, other.password_hash, other.is_active) == ("old:8", None, False)


def test_malformed_json_line_rejects_this_line_only(jsonl):
    lines = ["[]", "{", "7", "null", '{"email": ', "[" * 100_000, "9" * 10_000, '{"id": NaN']
    people = jsonl({"email": "a@example.com", "hash": "x"}, *lines, "", {"email": "b@example.com"})
    assert [each.place for each in people[1:-1]] == [f"line {n}" for n in range(2, 10)]
    assert {each.reason for each in people[1:-1]} == {RejectionReason.UNREADABLE}
    assert (people[0].email, people[-1].email) == ("a@example.com", "b@example.com")


def test_json_lines_may_begin_with_a_bom(of_bytes):
    content = '\ufeff{"email": "a@example.com", "hash": "x"}\n'.encode()
    assert emails_of(of_bytes(content, "jsonl")) == ["a@example.com"]


def test_first_json_object_must_have_the_required_fields(jsonl):
    with pytest.raises(UnusableSource, match="no column looks like password"):
        jsonl({"email": "a@example.com", "pw": "x"})
    [user] = jsonl({"email": "a@example.com", "pw": "x"}, password="pw")
    assert user.password_hash == "x"
    assert jsonl() == []


@pytest.mark.parametrize("file_type", READERS)
def test_overlong_line_is_not_read(of_bytes, file_type):
    """No file can use up the memory."""
    head = {"csv": b"email,hash\n", "jsonl": b'{"email": "a@example.com", "hash": ""}\n'}[file_type]
    with pytest.raises(UnusableSource, match="line 2 is longer than 1048576 bytes"):
        of_bytes(head + b"x" * (MAX_LINE + 1), file_type)
    assert of_bytes(head + b" " * (MAX_LINE - 1) + b"\n", file_type)


def test_lines_of_a_file_are_counted(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("email,hash\na@example.com,x\n")
    assert read(str(path), "csv")[1] == 2


@pytest.mark.parametrize("name", ["nothing.csv", "."])
def test_unreadable_file_is_named(tmp_path, name):
    place = str(tmp_path / name)
    with pytest.raises(UnusableSource, match=f"can't read {place}"):
        read(place, "csv")


def test_users_are_read_from_standard_input(monkeypatch):
    class Input:
        buffer = io.BytesIO(b"email,hash\na@example.com,x\n")

    monkeypatch.setattr(sys, "stdin", Input())
    [user], total = read("-", "csv")
    assert (user.email, total) == ("a@example.com", None)


def test_lines_of_a_pipe_are_not_counted(tmp_path):
    reading, writing = os.pipe()
    os.write(writing, b"email,hash\na@example.com,x\n")
    os.close(writing)
    try:
        [user], total = read(f"/dev/fd/{reading}", "csv")
    finally:
        os.close(reading)
    assert (user.email, total) == ("a@example.com", None)


@settings(max_examples=200)
@given(content=st.binary(max_size=200), file_type=st.sampled_from(list(READERS)))
def test_any_bytes_are_users_or_rejections(content, file_type, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "any"
    head = {"csv": b"email,hash\n", "jsonl": b'{"email": "a@example.com", "hash": ""}\n'}[file_type]
    path.write_bytes(head + content)
    for user in read(str(path), file_type)[0]:
        assert isinstance(user, ImportedUser | Rejection)
