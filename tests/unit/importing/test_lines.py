"""People in files of lines: CSV and JSON, whole or not, whatever else is in them."""

import io
import json
import os
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authsite.importing.errors import UnusableSource
from authsite.importing.imported_user import ImportedUser, Rejection, RejectionReason
from authsite.importing.lines import MAX_LINE, open_lines, read_csv, read_json_lines
from authsite.importing.reader import Reader
from authsite.importing.source import ImportOptions
from authsite.passwords.legacy_hashes import tag_raw
from tests.factories import NOW

READERS = {"csv": read_csv, "jsonl": read_json_lines}


def read(place: str, kind: str, **columns: str):
    """Return all people there, and how many lines there are said to be."""
    asked, reader = ImportOptions(columns=columns), Reader("old", tag_raw, NOW)
    with open_lines(place, READERS[kind], reader, asked) as source:
        return list(source.users), source.total


@pytest.fixture
def of_bytes(tmp_path: Path):
    """Read a file of these bytes."""

    def go(content: bytes, kind: str, **columns: str):
        path = tmp_path / f"people.{kind}"
        path.write_bytes(content)
        return read(str(path), kind, **columns)[0]

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


def addresses(people) -> list[str]:
    return [each.email for each in people]


def test_the_first_line_says_which_column_is_which(csv):
    [person] = csv("Hash,ID,E-mail,Given Name\nx,7,ada@example.com,Ada\n")
    assert person == ImportedUser(
        external_id="old:7", email="ada@example.com", first_name="Ada", password_hash="x"
    )


def test_somebody_may_say_it_better(csv):
    [person] = csv(
        "email,pw,hash\nada@example.com,x,y\n", password="pw", first_name="", last_name=""
    )
    assert person.password_hash == "x"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_what_spreadsheets_write_between_cells_is_known(csv, delimiter):
    text = 'email,hash,name\nada@example.com,x,"Ada ""A,B"" Lovelace"\n'
    quoted = text.replace("A,B", "A B").replace(",", delimiter)
    [person] = csv(quoted)
    assert person.last_name == '"A B" Lovelace'


def test_what_else_spreadsheets_write_does_no_harm(of_bytes):
    """A mark at the beginning, ends of lines, an empty line, and none at the end."""
    content = (
        '\ufeffemail,hash,name\r\na@example.com,x,"Ada\nB"\r\n\r\nb@example.com,y,Eve'.encode()
    )
    first, second = of_bytes(content, "csv")
    assert (first.email, second.email, second.password_hash) == (
        "a@example.com",
        "b@example.com",
        "y",
    )


def test_a_line_of_csv_that_cannot_be_read_spoils_no_other(csv):
    people = csv(
        'email,hash\na@example.com\nb@example.com,x,y\n"c"d@example.com,x\ne@example.com,x\n"open,x'
    )
    unreadable = [each for each in people if isinstance(each, Rejection)]
    assert [each.origin for each in unreadable] == ["line 2", "line 3", "line 4", "line 6"]
    assert {each.reason for each in unreadable} == {RejectionReason.UNREADABLE}
    assert "e@example.com" in addresses(people)


def test_all_lines_are_named_that_a_quote_without_an_end_takes_with_it(csv):
    rows = "".join(f"p{number}@example.com,,{'n' * 90}\n" for number in range(3, 3000))
    lost, *people = csv(f'email,hash,name\na@example.com,,"open\n{rows}')
    assert isinstance(lost, Rejection)
    number = 2999 - len(people)
    assert number > 1000
    assert lost.origin == f"lines 2 to {number}"
    assert people[0].email == f"p{number + 1}@example.com"


def test_a_row_of_several_lines_is_found_by_the_first_of_them(csv):
    _, lost = csv('email,hash\na@example.com,x\n"b@exam\nple.com",y,z\n')
    assert lost.origin == "lines 3 to 4"


def test_a_first_line_that_cannot_be_read_is_told(csv):
    with pytest.raises(UnusableSource, match="the first line has no column names"):
        csv(f"email,hash,{'x' * 200_000}\n")


def test_bytes_that_are_no_text_spoil_their_own_cell_only(of_bytes):
    content = b"email,hash,name\nada@example.com,x,Ren\xe9\neve@example.com,y,Eve\n"
    first, second = of_bytes(content, "csv")
    assert (first.first_name, second.first_name) == ("Ren\ufffd", "Eve")


@pytest.mark.parametrize("content", ["", "\n", "name,hash\n", "ada@example.com,x\n", "email\n"])
def test_a_file_without_the_names_of_columns_is_told(csv, content):
    with pytest.raises(UnusableSource, match=r"no column looks like (email|password)"):
        csv(content)


def test_a_column_that_is_not_there_is_told(csv):
    with pytest.raises(UnusableSource, match="no column pw for password"):
        csv("email,hash\n", password="pw")


def test_an_object_a_line_is_a_person(jsonl):
    person, other = jsonl(
        {"id": 7, "email": "ada@example.com", "passwordHash": "x", "emailVerified": True},
        {"email": "eve@example.com", "id": 8, "active": False, "roles": ["any"]},
    )
    assert person == ImportedUser(
        external_id="old:7", email="ada@example.com", password_hash="x", email_verified_at=NOW
    )
    assert (other.external_id, other.password_hash, other.is_active) == ("old:8", None, False)


def test_a_line_of_json_that_cannot_be_read_spoils_no_other(jsonl):
    lines = ["[]", "{", "7", "null", '{"email": ', "[" * 100_000, "9" * 10_000, '{"id": NaN']
    people = jsonl({"email": "a@example.com", "hash": "x"}, *lines, "", {"email": "b@example.com"})
    assert [each.origin for each in people[1:-1]] == [f"line {n}" for n in range(2, 10)]
    assert {each.reason for each in people[1:-1]} == {RejectionReason.UNREADABLE}
    assert (people[0].email, people[-1].email) == ("a@example.com", "b@example.com")


def test_a_mark_at_the_beginning_of_json_does_no_harm(of_bytes):
    content = '\ufeff{"email": "a@example.com", "hash": "x"}\n'.encode()
    assert addresses(of_bytes(content, "jsonl")) == ["a@example.com"]


def test_the_first_object_shows_that_everything_is_there(jsonl):
    with pytest.raises(UnusableSource, match="no column looks like password"):
        jsonl({"email": "a@example.com", "pw": "x"})
    [person] = jsonl({"email": "a@example.com", "pw": "x"}, password="pw")
    assert person.password_hash == "x"
    assert jsonl() == []


@pytest.mark.parametrize("kind", READERS)
def test_a_line_without_an_end_is_not_read(of_bytes, kind):
    """Nobody's file takes all memory."""
    head = {"csv": b"email,hash\n", "jsonl": b'{"email": "a@example.com", "hash": ""}\n'}[kind]
    with pytest.raises(UnusableSource, match="line 2 is longer than 1048576 bytes"):
        of_bytes(head + b"x" * (MAX_LINE + 1), kind)
    assert of_bytes(head + b" " * (MAX_LINE - 1) + b"\n", kind)


def test_a_file_is_counted_before_it_is_read(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("email,hash\na@example.com,x\n")
    assert read(str(path), "csv")[1] == 2


@pytest.mark.parametrize("name", ["nothing.csv", "."])
def test_a_file_that_cannot_be_read_is_named(tmp_path, name):
    place = str(tmp_path / name)
    with pytest.raises(UnusableSource, match=f"can't read {place}"):
        read(place, "csv")


def test_people_may_come_from_another_program(monkeypatch):
    class Input:
        buffer = io.BytesIO(b"email,hash\na@example.com,x\n")

    monkeypatch.setattr(sys, "stdin", Input())
    [person], total = read("-", "csv")
    assert (person.email, total) == ("a@example.com", None)


def test_a_pipe_is_not_counted(tmp_path):
    reading, writing = os.pipe()
    os.write(writing, b"email,hash\na@example.com,x\n")
    os.close(writing)
    try:
        [person], total = read(f"/dev/fd/{reading}", "csv")
    finally:
        os.close(reading)
    assert (person.email, total) == ("a@example.com", None)


@settings(max_examples=200)
@given(content=st.binary(max_size=200), kind=st.sampled_from(list(READERS)))
def test_any_bytes_are_people_or_told(content, kind, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "any"
    head = {"csv": b"email,hash\n", "jsonl": b'{"email": "a@example.com", "hash": ""}\n'}[kind]
    path.write_bytes(head + content)
    for person in read(str(path), kind)[0]:
        assert isinstance(person, ImportedUser | Rejection)
