"""`authsite import`, as an operator meets it: what it says of whom, and its exit status."""

import csv
import gc
import json
import os
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from authsite.commands import main
from authsite.models import User
from tests import foreign_hashes, former_sites
from tests.foreign_hashes import PASSWORD

HASH = foreign_hashes.DEVISE[PASSWORD]
LUCIAS = foreign_hashes.LUCIA["argon2"][PASSWORD]
SECRETS = (HASH[7:], LUCIAS[-20:], PASSWORD)


@pytest.fixture(autouse=True)
def _nothing_is_left_open():
    """A connection that a command did not close is told here, and not by some other test."""
    yield
    gc.collect()


@pytest.fixture
def ini(database_url, settings_of_tests, tmp_path, services) -> str:
    """The path of an ini file for the database of the test."""
    settings = settings_of_tests | {"sqlalchemy.url": database_url}
    lines = [f"{name} = {value.replace('%', '%%')}" for name, value in settings.items()]
    path = tmp_path / "site.ini"
    path.write_text("\n".join(["[app:main]", *lines]))
    return str(path)


@pytest.fixture
def people(tmp_path) -> str:
    """A CSV file of five people, two of whom can come as they are and one without a password."""
    rows = [
        ("1", "ada@example.com", "Ada Lovelace", HASH),
        ("2", "grace@example.com", "Grace", HASH),
        ("3", "nobody", "Nobody", HASH),
        ("4", "eve@example.com", "Eve Doe", "d41d8cd98f00b204e9800998ecf8427e"),
        ("5", "mallory@example.com", "Mallory Doe", ""),
    ]
    path = tmp_path / "people.csv"
    path.write_text("".join(f"{','.join(row)}\n" for row in [("id", "email", "name", "pw"), *rows]))
    return str(path)


@pytest.fixture
def count(services):
    """How many accounts there are."""

    def go() -> int:
        with services.database.read_engine.connect() as connection:
            return connection.execute(sa.select(sa.func.count()).select_from(User)).scalar_one()

    return go


def test_who_is_refused_is_counted_by_reason(ini, people, count, capsys):
    assert main(["import", ini, "csv", people, "--map", "password=pw"]) == 1
    written = capsys.readouterr()
    assert written.err == ""
    assert written.out == (
        "5 read, 3 imported, 0 here already, 2 refused\n"
        "  1 refused: the email is not an email address\n"
        "  1 refused: the format of the password hash is unknown\n"
        "  1 imported without a password, which they choose by a link from a mail\n"
        "  1 imported without a full name, which they can complete\n"
    )
    assert count() == 3


def test_who_begins_again_goes_on(ini, people, count, capsys):
    for imported, here in ((3, 0), (0, 3)):
        assert main(["import", ini, "csv", people, "--map", "password=pw"]) == 1
        first = capsys.readouterr().out.splitlines()[0]
        assert first == f"5 read, {imported} imported, {here} here already, 2 refused"
    assert count() == 3


def test_all_in_is_the_status_0(ini, tmp_path, capsys):
    path = tmp_path / "people.jsonl"
    path.write_text(json.dumps({"email": "ada@example.com", "hash": HASH}))
    for _ in range(2):
        assert main(["import", ini, "jsonl", str(path)]) == 0


def test_the_report_says_who_and_why(ini, people, tmp_path, capsys):
    report = tmp_path / "refused.csv"
    for _ in range(2):
        arguments = ["--map", "password=pw", "--report", str(report)]
        assert main(["import", ini, "csv", people, *arguments]) == 1
    with report.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["who"], row["email"], row["reason"]) for row in rows] == [
        ("csv:3", "", "the email is not an email address"),
        ("csv:4", "eve@example.com", "the format of the password hash is unknown"),
    ]
    assert "@" in rows[0]["detail"]
    assert report.stat().st_mode & 0o777 == 0o600


@pytest.mark.asvs("1.2.10")
def test_a_report_is_no_formula(ini, tmp_path):
    path, report = tmp_path / "people.csv", tmp_path / "refused.csv"
    path.write_text('id,email,hash\n=1,"=cmd|A1!@@example.com",\n-2,+a b@example.com,\n')
    assert main(["import", ini, "csv", str(path), "--name", "x", "--report", str(report)]) == 1
    with report.open(newline="") as file:
        assert [row["email"] for row in csv.DictReader(file)] == [
            "'=cmd|A1!@@example.com",
            "'+a b@example.com",
        ]


@pytest.mark.asvs("14.2.4", "16.2.5")
def test_no_hash_is_printed_or_reported(ini, tmp_path, capsys, caplog):
    """Not even when columns were mistaken for one another, and a hash stands for an address."""
    path, report = tmp_path / "people.csv", tmp_path / "refused.csv"
    path.write_text(
        f"id,email,hash,when\n1,a@example.com,{HASH},{HASH}\n2,b@example.com,x{HASH},\n"
    )
    for mapped in ("created=when", "email=hash", "active=when", "verified=hash", "name=email"):
        arguments = ["--map", mapped, "--report", str(report), "--dry-run"]
        main(["import", ini, "csv", str(path), *arguments])
        written = capsys.readouterr()
        assert HASH[7:] not in written.out + written.err + caplog.text + report.read_text()


def test_what_was_named_by_mistake_is_not_written_over(ini, people, tmp_path, capsys):
    before = Path(people).read_bytes()
    assert main(["import", ini, "csv", people, "--map", "password=pw", "--report", people]) == 1
    assert capsys.readouterr().err == (
        f"authsite: {people} is there already, and is no report of an import\n"
    )
    assert Path(people).read_bytes() == before
    nowhere = str(tmp_path / "no" / "report.csv")
    assert main(["import", ini, "csv", people, "--map", "password=pw", "--report", nowhere]) == 1
    assert f"{nowhere} cannot be written: No such file" in capsys.readouterr().err


@pytest.mark.parametrize("former", [b"", b"who,email,reason,detail\r\n"])
def test_a_report_is_nobody_elses_whoever_could_read_the_former_one(ini, people, tmp_path, former):
    report = tmp_path / "refused.csv"
    report.write_bytes(former)
    report.chmod(0o666)
    with report.open("rb") as reader:
        arguments = ["--map", "password=pw", "--report", str(report)]
        assert main(["import", ini, "csv", people, *arguments]) == 1
        assert reader.read() == former
    assert "eve@example.com" in report.read_text()
    assert report.stat().st_mode & 0o777 == 0o600


def test_a_report_is_written_through_no_link_and_into_no_pipe(ini, people, tmp_path, capsys):
    link, pipe, elsewhere = (tmp_path / name for name in ("link", "pipe", "elsewhere"))
    link.symlink_to(elsewhere)
    os.mkfifo(pipe)
    for place in (link, pipe):
        arguments = ["--map", "password=pw", "--report", str(place)]
        assert main(["import", ini, "csv", people, *arguments]) == 1
        assert f"{place} is there already, and is no report" in capsys.readouterr().err
    assert not elsewhere.exists()


def test_a_rehearsal_changes_nothing(ini, people, count, capsys):
    assert main(["import", ini, "csv", people, "--map", "password=pw", "--dry-run"]) == 1
    first, *_, last = capsys.readouterr().out.splitlines()
    assert first == "5 read, 3 imported, 0 here already, 2 refused"
    assert last == "nothing was changed: this was a rehearsal"
    assert count() == 0


def test_programs_can_read_what_became_of_whom(ini, tmp_path, capsys):
    rows = [former_sites.of_lucia(1, LUCIAS), former_sites.of_lucia(2, "md5")]
    session = {"id": "s", "userId": "lucia0000000001", "expiresAt": 1}
    place = former_sites.a_former_site(
        tmp_path / "dev.db", former_sites.LUCIA, User=rows, Session=[session]
    )
    assert main(["import", ini, "lucia", place, "--json"]) == 1
    written = capsys.readouterr()
    assert json.loads(written.out) == {
        "dry_run": False,
        "read": 2,
        "imported": 1,
        "here_already": 0,
        "refused": 1,
        "reasons": {"the format of the password hash is unknown": 1},
        "without_password": 0,
        "without_full_name": 0,
        "suspended": 0,
        "sessions": 1,
    }
    assert not any(secret in written.out + written.err for secret in SECRETS)
    assert main(["import", ini, "lucia", place]) == 1
    assert "1 sessions stay behind" in capsys.readouterr().out


def test_two_sources_of_one_kind_have_names_of_their_own(ini, tmp_path, count, capsys):
    for name in ("shop", "forum"):
        path = tmp_path / f"{name}.csv"
        path.write_text(f"id,email,hash\n1,ada@{name}.example,\n")
        assert main(["import", ini, "csv", str(path), "--name", name]) == 0
    assert count() == 2


def test_a_source_that_is_none_is_told_in_a_sentence(ini, tmp_path, capsys):
    missing = str(tmp_path / "nothing.db")
    assert main(["import", ini, "django", missing]) == 1
    said = f"authsite: {missing} is not a file (after 0 people)\n"
    assert capsys.readouterr().err == said


def test_lines_have_no_tables(ini, people, capsys):
    assert main(["import", ini, "csv", people, "--table", "users"]) == 1
    assert capsys.readouterr().err == "authsite: there are no tables in csv\n"


def test_a_source_that_breaks_off_says_who_is_here(ini, tmp_path, count, capsys):
    path = tmp_path / "people.csv"
    rows = "".join(f"{n},p{n}@example.com,\n" for n in range(700))
    path.write_text(f"id,email,hash\n{rows}{'x' * 2_000_000}")
    assert main(["import", ini, "csv", str(path)]) == 1
    said = "authsite: line 702 is longer than 1048576 bytes (after 500 people)\n"
    assert capsys.readouterr().err == said
    assert count() == 500


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["csv"],
        ["wordpress", "x"],
        ["csv", "x", "--map", "email"],
        ["csv", "x", "--map", "phone=tel"],
        ["csv", "x", "--name", "A b"],
        ["csv", "x", "--name", "a" * 20],
    ],
)
def test_who_asks_wrongly_is_told_how_to_ask(ini, arguments, capsys):
    with pytest.raises(SystemExit) as end:
        main(["import", ini, *arguments])
    assert end.value.code == 2
    assert "usage: authsite import" in capsys.readouterr().err


def test_on_a_terminal_it_says_how_far_it_is(ini, people, monkeypatch, capsys):
    ours, theirs = os.openpty()
    with os.fdopen(theirs, "w") as terminal, os.fdopen(ours, "rb", 0) as screen:
        monkeypatch.setattr(sys, "stderr", terminal)
        assert main(["import", ini, "csv", people, "--map", "password=pw"]) == 1
        terminal.flush()
        shown = b""
        while b"\n" not in shown:
            shown += screen.read(1000)
    assert shown == b"\r[#########################-----]  83%  5 read\r\n"
