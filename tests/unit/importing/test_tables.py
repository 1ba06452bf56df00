"""Users in tables of other systems, which are only read."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.exc import OperationalError

from authsite.importing.databases import Deadline, create_engine
from authsite.importing.errors import UnusableSource
from authsite.importing.imported_user import Rejection, RejectionReason
from authsite.importing.reader import Reader
from authsite.importing.source import ImportOptions
from authsite.importing.systems import SYSTEMS
from authsite.importing.tables import open_table
from tests import foreign_hashes, former_sites
from tests.factories import NOW
from tests.foreign_hashes import PASSWORD

SIGNED_UP = datetime(2024, 5, 1, 12, 0, 0, 123000, UTC)


def read(place: str, system: str, **options):
    """Return all users of a table, their number and the number of sessions."""
    known = SYSTEMS[system]
    reader = Reader(system, known.encode, NOW)
    with open_table(place, known, reader, ImportOptions(**options)) as source:
        return list(source.users), source.total, source.sessions


@pytest.fixture
def lucia(tmp_path: Path) -> str:
    password_hash = foreign_hashes.LUCIA["argon2"][PASSWORD]
    return former_sites.a_former_site(
        tmp_path / "dev.db",
        former_sites.LUCIA,
        User=[former_sites.of_lucia(number, password_hash) for number in (2, 1)],
        Session=[
            {"id": f"s{number}", "userId": "lucia0000000001", "expiresAt": 1_914_564_800_123}
            for number in range(3)
        ],
    )


def test_users_are_read_from_lucia(lucia):
    people, total, sessions = read(lucia, "lucia")
    assert (total, sessions) == (2, 3)
    assert [each.external_id for each in people] == [
        "lucia:lucia0000000001",
        "lucia:lucia0000000002",
    ]
    [first, _] = people
    assert (first.email, first.first_name, first.last_name) == (
        "lucia1@example.com",
        "Grace",
        "Hopper",
    )
    assert first.password_hash == f"nfkc{foreign_hashes.LUCIA['argon2'][PASSWORD]}"
    assert (first.created_at, first.email_verified_at) == (SIGNED_UP, None)


def test_sqlite_url_reads_the_file_and_creates_none(lucia, tmp_path):
    assert read(f"sqlite:///{lucia}", "lucia") == read(lucia, "lucia")
    missing = tmp_path / "typo.db"
    with pytest.raises(UnusableSource, match=r"typo\.db is not a file"):
        read(f"sqlite:///{missing}", "lucia")
    assert not missing.exists()


def test_users_are_read_from_django(tmp_path):
    hashes = [each[PASSWORD] for each in foreign_hashes.DJANGO.values()]
    rows = [
        former_sites.of_django(number, password_hash)
        for number, password_hash in enumerate(hashes, start=1)
    ]
    inactive = former_sites.of_django(99, "!unusable", is_active=0, first_name="", email="")
    path = former_sites.a_former_site(
        tmp_path / "db.sqlite3", former_sites.DJANGO, auth_user=[inactive, *rows]
    )
    people, total, sessions = read(path, "django")
    assert (total, sessions) == (len(hashes) + 1, None)
    assert [each.password_hash for each in people] == [*hashes, None]
    assert {each.created_at for each in people} == {SIGNED_UP}
    assert people[0].external_id == "django:1"
    assert [each.is_active for each in people] == [True] * len(hashes) + [False]


def test_users_are_read_from_devise(tmp_path):
    password_hash = foreign_hashes.DEVISE[PASSWORD]
    rows = [
        former_sites.of_devise(1, password_hash),
        former_sites.of_devise(2, "", confirmed_at=None),
    ]
    path = former_sites.a_former_site(tmp_path / "dev.sqlite3", former_sites.DEVISE, users=rows)
    [first, second], _, _ = read(path, "devise")
    assert (first.external_id, first.email, first.password_hash) == (
        "devise:1",
        "devise1@example.com",
        password_hash,
    )
    assert first.email_verified_at == datetime(2024, 5, 2, 12, tzinfo=UTC)
    assert (second.password_hash, second.email_verified_at) == (None, None)


def test_users_are_read_from_postgresql(postgresql):
    """Django uses timestamps and booleans there."""
    url = postgresql.new_database()
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            former_sites.DJANGO.replace("integer NOT NULL PRIMARY KEY AUTOINCREMENT", "serial")
            .replace("datetime", "timestamptz")
            .replace("bool", "boolean")
        )
        times = {"date_joined": SIGNED_UP}
        booleans = {"is_active": False, "is_staff": False, "is_superuser": False}
        table = sa.Table("auth_user", sa.MetaData(), autoload_with=connection)
        rows = [former_sites.of_django(n, "!", **times, **booleans) for n in range(1, 1201)]
        connection.execute(sa.insert(table), rows)
    engine.dispose()
    people, total, _ = read(url, "django")
    assert total == len(people) == 1200
    assert (people[0].created_at, people[0].is_active) == (SIGNED_UP, False)
    assert [each.external_id for each in people] == [f"django:{n}" for n in range(1, 1201)]


class OtherDialect(SQLiteDialect_pysqlite):
    """A database that is neither SQLite nor PostgreSQL by its name."""

    name = "otherdb"
    supports_statement_cache = True


def test_users_are_read_from_other_databases(lucia):
    """Without the settings of PostgreSQL."""
    sa.dialects.registry.register("otherdb", OtherDialect.__module__, OtherDialect.__name__)
    assert read(f"otherdb:///{lucia}", "lucia")[1] == 2


def test_table_and_columns_can_be_chosen(tmp_path):
    tables = 'CREATE TABLE "members" (nr INTEGER, mail TEXT, pw TEXT, called TEXT)'
    path = former_sites.a_former_site(
        tmp_path / "odd.db", tables, members=[{"nr": 5, "mail": "a@example.com", "called": "Ada B"}]
    )
    columns = {"id": "nr", "password": "pw", "name": "called"}
    [person], _, _ = read(path, "django", table="members", columns=columns)
    assert (person.external_id, person.first_name, person.last_name) == ("django:5", "Ada", "B")


def test_view_is_read_like_a_table(lucia):
    with closing(sqlite3.connect(lucia)) as connection, connection:
        connection.execute(
            'CREATE VIEW "few" AS SELECT id, email, hashedPassword FROM "User" LIMIT 1'
        )
    assert read(lucia, "lucia", table="few")[1] == 1


def test_users_are_read_in_order_of_id(lucia):
    """The other system may add users while they are read."""
    known = SYSTEMS["lucia"]
    reader = Reader("lucia", known.encode, NOW)
    with open_table(lucia, known, reader, ImportOptions()) as source:
        first = next(source.users)
    assert first.external_id == "lucia:lucia0000000001"


@pytest.mark.asvs("13.2.2")
def test_source_is_opened_read_only(lucia):
    before = Path(lucia).read_bytes()
    read(lucia, "lucia")
    engine = create_engine(lucia, Deadline(60))
    with engine.connect() as connection, pytest.raises(OperationalError, match="readonly"):
        connection.exec_driver_sql('DELETE FROM "User"')
    engine.dispose()
    assert Path(lucia).read_bytes() == before
    assert [each.name for each in Path(lucia).parent.iterdir()] == ["dev.db"]


def test_undecodable_text_affects_its_row_only(lucia):
    with closing(sqlite3.connect(lucia)) as connection, connection:
        connection.execute("""UPDATE "User" SET email = CAST(x'ff40' AS TEXT) WHERE id LIKE '%1'""")
        connection.execute("""UPDATE "User" SET firstName = x'00ff' WHERE id LIKE '%2'""")
    first, second = read(lucia, "lucia")[0]
    assert first.email == "\ufffd@"
    assert second == Rejection("row 2", "", RejectionReason.UNREADABLE)


def error_of(place: str, system: str, **options) -> str:
    """Return why the source cannot be read."""
    with pytest.raises(UnusableSource) as refused:
        read(place, system, **options)
    return str(refused.value)


def test_missing_table_is_named_with_existing_ones(lucia, tmp_path):
    message = error_of(lucia, "django")
    assert "no table auth_user" in message
    assert message.endswith("There are: Session, User, _prisma_migrations")
    assert "no table people" in error_of(lucia, "lucia", table="people")
    empty = former_sites.a_former_site(tmp_path / "empty.db", "")
    assert error_of(empty, "devise").endswith("There are: none")


def test_missing_column_is_named_with_existing_ones(lucia):
    message = error_of(lucia, "lucia", columns={"password": "hash"})
    assert "no column hash for password" in message
    assert "hashedPassword" in message
    message = error_of(lucia, "lucia", table="Session")
    assert "no column looks like email. Name it with --map email=COLUMN" in message
    assert read(lucia, "lucia", columns={"password": ""})[0][0].password_hash is None


def test_users_without_ids_are_read_in_order_of_email(lucia):
    people = read(lucia, "lucia", columns={"id": ""})[0]
    assert [each.email for each in people] == ["lucia1@example.com", "lucia2@example.com"]


def test_unreadable_source_is_reported(tmp_path, lucia):
    missing = str(tmp_path / "nothing.db")
    assert error_of(missing, "lucia") == f"{missing} is not a file"
    assert not Path(missing).exists()
    text = tmp_path / "text.db"
    text.write_text("no database at all" * 100)
    assert error_of(str(text), "lucia") == "can't read the source: file is not a database"
    assert "can't read the source" in error_of("nothing://host/x", "lucia")
    assert "driver of the source is not installed" in error_of("mysql+pymysql://host/x", "lucia")
    for scheme in ("postgres", "postgresql"):
        message = error_of(f"{scheme}://unknown:hush@/x?host={tmp_path}", "lucia")
        assert "can't read the source: " in message
        assert "No such file" in message  # the answer of the driver
        assert "hush" not in message


def test_error_while_reading_is_reported(lucia):
    """As when a disk or connection fails: here a view fails at the second row."""
    with closing(sqlite3.connect(lucia)) as connection, connection:
        connection.execute(
            """CREATE VIEW "failing" AS
            SELECT id, email, CASE WHEN id LIKE '%2' THEN json('{') END AS hash FROM "User" """
        )
    known = SYSTEMS["lucia"]
    options = ImportOptions(table="failing")
    unreadable = pytest.raises(UnusableSource, match="can't read the source: malformed JSON")
    with open_table(lucia, known, Reader("l", known.encode, NOW), options) as source, unreadable:
        list(source.users)
