"""`authsite import`, as an operator runs it: what it prints and its exit status."""

import csv
import json
import os
from pathlib import Path

import pytest
import sqlalchemy as sa

from authsite.importing.imported_user import RejectionReason
from authsite.models import AuditEvent, User
from tests import foreign_hashes, former_sites
from tests.foreign_hashes import PASSWORD
from tests.shell import refusal, run

HASH = foreign_hashes.DEVISE[PASSWORD]
LUCIAS = foreign_hashes.LUCIA["argon2"][PASSWORD]
SECRETS = (HASH[7:], LUCIAS[-20:], PASSWORD)


@pytest.fixture
def users_csv(tmp_path) -> str:
    """A CSV file of five users; two can be imported as they are, one without a password."""
    rows = [
        ("1", "ada@example.com", "Ada Lovelace", HASH),
        ("2", "grace@example.com", "Grace", HASH),
        ("3", "unknown", "Unknown", HASH),
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


def import_csv(ini, users_csv, *options, status=1, **how):
    """Import the five users."""
    return run(
        "import", ini, "csv", users_csv, "--map", "password=pw", *options, status=status, **how
    )


def test_rejections_are_counted_by_reason(ini, users_csv, count):
    done = import_csv(ini, users_csv)
    assert done.stderr == ""
    assert done.stdout == (
        "5 read, 3 imported, 0 already imported, 2 rejected\n"
        f"  1 rejected: {RejectionReason.EMAIL}\n"
        f"  1 rejected: {RejectionReason.HASH_UNKNOWN}\n"
        "  1 imported without a password: these users choose one by an emailed link\n"
        "  1 imported without a full name: these users can complete it\n"
    )
    assert count() == 3


def test_second_import_continues_the_first(ini, users_csv, count):
    for imported, already in ((3, 0), (0, 3)):
        first = import_csv(ini, users_csv).stdout.splitlines()[0]
        assert first == f"5 read, {imported} imported, {already} already imported, 2 rejected"
    assert count() == 3


def test_import_without_rejections_exits_with_0(ini):
    line = json.dumps({"email": "ada@example.com", "hash": HASH})
    for outcome in ("1 imported", "1 already imported"):
        assert outcome in run("import", ini, "jsonl", "-", stdin=line).stdout


def test_name_of_the_operator_is_recorded(ini, users_csv, dbsession):
    import_csv(ini, users_csv, "--as", "joan")
    names = dbsession.scalars(sa.select(AuditEvent.actor_name)).all()
    assert set(names) == {"joan"}


def test_report_lists_the_rejected_with_reasons(ini, users_csv, tmp_path):
    report = tmp_path / "rejected.csv"
    for _ in range(2):
        import_csv(ini, users_csv, "--report", str(report))
    with report.open(newline="") as file:
        rows = list(csv.DictReader(file))
    columns = ("row", "external_id", "email", "reason", "hash_format")
    assert [tuple(row[column] for column in columns) for row in rows] == [
        ("line 4", "csv:3", "", RejectionReason.EMAIL, ""),
        ("line 5", "csv:4", "eve@example.com", RejectionReason.HASH_UNKNOWN, "MD5 in hexadecimal"),
    ]
    assert "@" in rows[0]["detail"]
    assert report.stat().st_mode & 0o777 == 0o600


@pytest.mark.asvs("1.2.10")
def test_no_cell_of_a_report_is_a_formula(ini, tmp_path):
    path, report = tmp_path / "people.csv", tmp_path / "rejected.csv"
    path.write_text('id,email,hash\n=1,"=cmd|A1!@@example.com",\n-2,+a b@example.com,\n')
    run("import", ini, "csv", str(path), "--name", "x", "--report", str(report), status=1)
    with report.open(newline="") as file:
        assert [row["email"] for row in csv.DictReader(file)] == [
            "'=cmd|A1!@@example.com",
            "'+a b@example.com",
        ]


@pytest.mark.asvs("14.2.4", "16.2.5")
def test_no_hash_is_printed_or_reported(ini, tmp_path, caplog):
    """Not even when columns were mistaken for one another, and a hash stands for an email."""
    path, report = tmp_path / "people.csv", tmp_path / "rejected.csv"
    path.write_text(
        f"id,email,hash,when\n1,a@example.com,{HASH},{HASH}\n2,b@example.com,x{HASH},\n"
    )
    for mapped in ("created=when", "email=hash", "active=when", "verified=hash", "name=email"):
        options = ["--map", mapped, "--report", str(report), "--dry-run"]
        printed = run("import", ini, "csv", str(path), *options, status=1).output
        assert HASH[7:] not in printed + caplog.text + report.read_text()


def test_report_replaces_no_other_file(ini, users_csv, tmp_path):
    before = Path(users_csv).read_bytes()
    arguments = ["import", ini, "csv", users_csv, "--map", "password=pw", "--report"]
    printed = f"authsite: {users_csv} exists and is no report of an import\n"
    assert refusal(*arguments, users_csv) == printed
    assert Path(users_csv).read_bytes() == before
    nowhere = str(tmp_path / "no" / "report.csv")
    assert f"{nowhere} cannot be written: No such file" in refusal(*arguments, nowhere)


@pytest.mark.parametrize(
    "earlier",
    [
        b"",
        b'"row","external_id","email","reason","hash_format","detail"\r\n',
    ],
)
def test_report_is_unreadable_for_readers_of_an_earlier_one(ini, users_csv, tmp_path, earlier):
    report = tmp_path / "rejected.csv"
    report.write_bytes(earlier)
    report.chmod(0o666)
    with report.open("rb") as reader:
        import_csv(ini, users_csv, "--report", str(report))
        assert reader.read() == earlier
    assert "eve@example.com" in report.read_text()
    assert report.stat().st_mode & 0o777 == 0o600


def test_report_follows_no_link_and_no_pipe(ini, users_csv, tmp_path):
    link, pipe, elsewhere = (tmp_path / name for name in ("link", "pipe", "elsewhere"))
    link.symlink_to(elsewhere)
    os.mkfifo(pipe)
    for place in (link, pipe):
        printed = import_csv(ini, users_csv, "--report", str(place)).stderr
        assert f"{place} exists and is no report" in printed
    assert not elsewhere.exists()


def test_dry_run_changes_nothing(ini, users_csv, count):
    first, *_, last = import_csv(ini, users_csv, "--dry-run").stdout.splitlines()
    assert first == "5 read, 3 imported, 0 already imported, 2 rejected"
    assert last == "dry run: nothing was changed"
    assert count() == 0


def test_import_from_a_table_prints_json(ini, tmp_path):
    rows = [former_sites.of_lucia(1, LUCIAS), former_sites.of_lucia(2, "md5")]
    session = {"id": "s", "userId": "lucia0000000001", "expiresAt": 1}
    place = former_sites.a_former_site(
        tmp_path / "dev.db", former_sites.LUCIA, User=rows, Session=[session]
    )
    done = run("import", ini, "lucia", place, "--json", status=1)
    assert json.loads(done.stdout) == {
        "dry_run": False,
        "read": 2,
        "imported": 1,
        "already_imported": 0,
        "rejected": 1,
        "reasons": {RejectionReason.HASH_UNKNOWN: 1},
        "unused_hashes": {},
        "skipped": 0,
        "without_password": 0,
        "without_full_name": 0,
        "suspended": 0,
        "sessions": 1,
    }
    assert not any(secret in done.output for secret in SECRETS)
    printed = run("import", ini, "lucia", place, "--table", "User", status=1).stdout
    assert "1 sessions not imported" in printed


def test_unknown_passwords_can_be_left_out(ini, users_csv, count):
    option = "--without-unknown-passwords"
    printed = import_csv(ini, users_csv, option).stdout.splitlines()
    assert printed[0] == "5 read, 4 imported, 0 already imported, 1 rejected"
    assert "  1 imported without their unknown password: MD5 in hexadecimal" in printed
    assert "  2 imported without a password: these users choose one by an emailed link" in printed
    assert count() == 4
    done = json.loads(import_csv(ini, users_csv, option, "--dry-run", "--json").stdout)
    assert (done["already_imported"], done["unused_hashes"]) == (4, {})


def test_inactive_users_can_be_skipped(ini, tmp_path, count):
    """Skipping is no rejection, but the report names them."""
    path, report = tmp_path / "people.csv", tmp_path / "report.csv"
    path.write_text("id,email,hash,deleted_at\n1,a@example.com,,\n2,b@example.com,,2024-05-01\n")
    source = ["import", ini, "csv", str(path)]
    printed = run(*source, "--inactive", "skip", "--report", str(report)).stdout
    assert "2 read, 1 imported, 0 already imported, 0 rejected\n" in printed
    assert "  1 skipped: these users were inactive, locked or deleted there\n" in printed
    assert "rejected:" not in printed
    assert f'line 3","csv:2","b@example.com","{RejectionReason.INACTIVE}' in report.read_text()
    assert count() == 1
    assert "1 imported as suspended" in run(*source).stdout


def test_spreadsheet_is_read_with_its_options(ini, tmp_path, count):
    path = tmp_path / "people.csv"
    text = "sep=;\r\nemail;hash;name;created\r\nada@example.com;;René Müller;5/17/2024\r\n"
    path.write_bytes(text.encode("cp1252"))
    source = ["import", ini, "csv", str(path)]
    run(*source, status=1)
    run(*source, "--dates", "month-first", status=1)
    run(*source, "--dates", "month-first", "--encoding", "cp1252")
    assert count() == 1


def test_tables_have_no_encoding(ini, users_csv):
    printed = refusal("import", ini, "django", users_csv, "--encoding", "cp1252")
    assert printed == "authsite: django has no encoding: it is for csv and jsonl\n"


def test_silent_source_ends_with_an_error(ini, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    printed = refusal("import", ini, "csv", str(pipe), "--timeout", "0.1")
    assert printed == "authsite: nothing has arrived for 0.1 seconds (after 0 users)\n"


def test_two_sources_of_one_system_have_names(ini, tmp_path, count):
    for name in ("shop", "forum"):
        path = tmp_path / f"{name}.csv"
        path.write_text(f"id,email,hash\n1,ada@{name}.example,\n")
        run("import", ini, "csv", str(path), "--name", name)
    assert count() == 2


def test_missing_source_is_named(ini, tmp_path):
    missing = str(tmp_path / "nothing.db")
    printed = refusal("import", ini, "django", missing)
    assert printed == f"authsite: {missing} is not a file (after 0 users)\n"


def test_csv_has_no_tables(ini, users_csv):
    printed = refusal("import", ini, "csv", users_csv, "--table", "users")
    assert printed == "authsite: csv has no tables\n"


def test_broken_source_keeps_the_batches_before(ini, tmp_path, count):
    path = tmp_path / "people.csv"
    rows = "".join(f"{n},p{n}@example.com,\n" for n in range(700))
    path.write_text(f"id,email,hash\n{rows}{'x' * 2_000_000}")
    printed = refusal("import", ini, "csv", str(path))
    assert printed == "authsite: line 702 is longer than 1048576 bytes (after 500 users)\n"
    assert count() == 500


def test_progress_is_shown_on_a_terminal(ini, users_csv):
    assert "Importing users  [##############################------]   83%" in (
        import_csv(ini, users_csv, terminal=True).stderr
    )
    line = json.dumps({"email": "eve@example.com", "hash": HASH})
    printed = run("import", ini, "jsonl", "-", stdin=line, terminal=True).stderr
    assert "]  1" in printed
