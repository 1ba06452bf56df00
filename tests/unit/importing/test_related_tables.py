"""Systems that store passwords or email addresses in another table than their users."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from authsite.importing.errors import UnusableSource
from authsite.importing.reader import Reader
from authsite.importing.source import ImportOptions
from authsite.importing.systems import SYSTEMS
from authsite.importing.tables import open_table
from tests import foreign_hashes, former_sites
from tests.factories import NOW
from tests.foreign_hashes import PASSWORD

SIGNED_UP = datetime(2024, 5, 1, 12, tzinfo=UTC)
HASH = foreign_hashes.BETTER_AUTH[PASSWORD]


def read(place: str, system: str, **options):
    """Return all users of a system, their number and the number of sessions."""
    known = SYSTEMS[system]
    reader = Reader(system, known.encode, NOW)
    with open_table(place, known, reader, ImportOptions(**options)) as source:
        return list(source.users), source.total, source.sessions


def execute(place: str, statement: str) -> None:
    with closing(sqlite3.connect(place)) as connection, connection:
        connection.execute(statement)


@pytest.fixture
def better_auth(tmp_path: Path) -> str:
    """Three users: one has a password and GitHub, one GitHub only, one is banned until 2030."""
    banned = {"banned": 1, "banExpires": "2030-01-01T00:00:00.000Z", "emailVerified": 0}
    return former_sites.a_former_site(
        tmp_path / "auth.db",
        former_sites.BETTER_AUTH,
        user=[
            former_sites.of_better_auth(1),
            former_sites.of_better_auth(2),
            former_sites.of_better_auth(3, **banned),
        ],
        account=[
            former_sites.an_account_of_better_auth(1, None, "github"),
            former_sites.an_account_of_better_auth(1, HASH),
            former_sites.an_account_of_better_auth(2, "not a password", "github"),
            former_sites.an_account_of_better_auth(3, HASH),
        ],
        session=[
            {
                "id": "s1",
                "expiresAt": "x",
                "token": "t",
                "createdAt": "x",
                "updatedAt": "x",
                "userId": "better0000000001",
            }
        ],
    )


def test_password_of_better_auth_is_that_of_its_credential(better_auth):
    people, total, sessions = read(better_auth, "better-auth")
    assert (total, sessions) == (3, 1)
    assert [each.password_hash for each in people] == [HASH, None, HASH]
    assert [each.email for each in people] == [f"better-auth{n}@example.com" for n in (1, 2, 3)]
    first, _, banned = people
    assert (first.first_name, first.last_name) == ("Grace", "Hopper")
    assert first.created_at == first.email_verified_at == SIGNED_UP.replace(microsecond=123000)
    assert (banned.email_verified_at, banned.is_active) == (None, NOW.year >= 2030)


def test_better_auth_may_use_other_spellings(better_auth):
    """As with Drizzle: plural tables, and underscores in columns."""
    execute(better_auth, 'ALTER TABLE "user" RENAME TO "users"')
    execute(better_auth, 'ALTER TABLE "account" RENAME TO "accounts"')
    execute(better_auth, 'ALTER TABLE "accounts" RENAME COLUMN "userId" TO "user_id"')
    execute(better_auth, 'ALTER TABLE "accounts" RENAME COLUMN "providerId" TO "provider_id"')
    assert [each.password_hash for each in read(better_auth, "better-auth")[0]] == [
        HASH,
        None,
        HASH,
    ]


def test_better_auth_without_its_accounts_is_refused(better_auth):
    def refusal(**options) -> str:
        with pytest.raises(UnusableSource) as refused:
            read(better_auth, "better-auth", **options)
        return str(refused.value)

    assert "has no ids, by which the passwords are found" in refusal(columns={"id": ""})
    execute(better_auth, 'ALTER TABLE "account" RENAME COLUMN "providerId" TO "provider"')
    assert refusal() == "the table account has no providerid"
    execute(better_auth, 'DROP TABLE "account"')
    assert "there is no table account or accounts" in refusal()
    people, _, _ = read(better_auth, "better-auth", columns={"password": ""})
    assert [each.password_hash for each in people] == [None] * 3


def test_email_addresses_of_allauth_count(tmp_path):
    """The primary one, or that of the user; verified, whatever case it has."""
    hashed = foreign_hashes.DJANGO["pbkdf2_sha256"][PASSWORD]
    path = former_sites.a_former_site(
        tmp_path / "db.sqlite3",
        former_sites.DJANGO + former_sites.ALLAUTH,
        auth_user=[former_sites.of_django(number, hashed) for number in range(1, 6)],
        account_emailaddress=[
            former_sites.of_allauth(1, "django1@example.com", primary=0),
            former_sites.of_allauth(1, "ada@example.com"),
            former_sites.of_allauth(2, "eve@example.com", verified=0),
            former_sites.of_allauth(2, "django2@example.com", primary=0),
            former_sites.of_allauth(3, "DJANGO3@example.com", primary=0),
            former_sites.of_allauth(4, "other@example.com", primary=0),
        ],
    )
    people, total, _ = read(path, "django")
    assert total == 5
    assert [(each.email, each.email_verified_at is not None) for each in people] == [
        ("ada@example.com", True),
        ("eve@example.com", False),
        ("django3@example.com", True),
        ("django4@example.com", False),
        ("django5@example.com", False),
    ]
    chosen = {"email": "email", "verified": ""}
    people, _, _ = read(path, "django", columns=chosen)
    assert [each.email for each in people] == [f"django{n}@example.com" for n in range(1, 6)]
    assert not any(each.email_verified_at for each in people)
    assert [each.email for each in read(path, "django", columns={"id": ""})[0]] == [
        f"django{n}@example.com" for n in range(1, 6)
    ]


def test_users_are_read_from_laravel(tmp_path):
    hashes = [each[PASSWORD] for each in foreign_hashes.LARAVEL.values()]
    rows = [former_sites.of_laravel(number, each) for number, each in enumerate(hashes, start=1)]
    deleted = former_sites.of_laravel(3, hashes[0], deleted_at="2024-06-01 08:00:00")
    unverified = former_sites.of_laravel(4, hashes[0], email_verified_at=None, created_at=None)
    path = former_sites.a_former_site(
        tmp_path / "database.sqlite", former_sites.LARAVEL, users=[*rows, deleted, unverified]
    )
    people, total, sessions = read(path, "laravel")
    assert (total, sessions) == (4, None)
    assert (people[0].first_name, people[0].last_name) == ("Grace", "Brewster Hopper")
    assert people[0].password_hash == hashes[0]
    assert people[1].password_hash == f"argon2{hashes[1]}"
    assert people[0].email_verified_at == datetime(2024, 5, 2, 12, tzinfo=UTC)
    assert [each.is_active for each in people] == [True, True, False, True]
    assert (people[3].email_verified_at, people[3].created_at) == (None, None)


def test_users_are_read_from_phoenix(tmp_path):
    """Those of magic links have no password. Other tokens are no sessions."""
    hashed = foreign_hashes.PASSLIB["pbkdf2_sha512"][PASSWORD]
    token = {"user_id": 1, "token": b"x", "inserted_at": "2024-05-01T12:00:00"}
    path = former_sites.a_former_site(
        tmp_path / "app.db",
        former_sites.PHOENIX,
        users=[
            former_sites.of_phoenix(1, hashed),
            former_sites.of_phoenix(2, None, confirmed_at=None),
        ],
        users_tokens=[
            token | {"context": context} for context in ("session", "reset_password", "confirm")
        ],
    )
    [first, second], total, sessions = read(path, "phoenix")
    assert (total, sessions) == (2, 1)
    assert (first.external_id, first.password_hash) == ("phoenix:1", hashed)
    assert (first.created_at, first.first_name) == (SIGNED_UP, "")
    assert first.email_verified_at == datetime(2024, 5, 2, 12, tzinfo=UTC)
    assert (second.password_hash, second.email_verified_at) == (None, None)


def test_related_tables_are_read_from_postgresql(postgresql):
    """uuid keys, the words that PostgreSQL reserves, and a type of email addresses.

    The server of the tests has no citext.
    """
    url = postgresql.new_database()
    engine = sa.create_engine(url)
    user, key = "00000000-0000-0000-0000-00000000000", "uuid PRIMARY KEY"
    with engine.begin() as connection:
        for statement in (
            "CREATE DOMAIN citext AS text",
            f"CREATE TABLE users (id {key}, email citext, hashed_password varchar)",
            "ALTER TABLE users ADD COLUMN inserted_at timestamp",
            f"INSERT INTO users VALUES ('{user}1', 'Ada@example.com', 'x', '2024-05-01')",
            f'CREATE TABLE "user" (id {key}, email text NOT NULL, "emailVerified" boolean)',
            'CREATE TABLE account (id text, "userId" uuid, "providerId" text, password text)',
            f"""INSERT INTO "user" VALUES ('{user}1', 'eve@example.com', true)""",
            f"INSERT INTO account VALUES ('a', '{user}1', 'credential', '{HASH}')",
            "CREATE TABLE auth_user (id integer, email text, password text, is_active boolean)",
            "CREATE TABLE account_emailaddress (user_id integer, email text, verified boolean)",
            'ALTER TABLE account_emailaddress ADD COLUMN "primary" boolean',
            "INSERT INTO auth_user VALUES (1, 'old@example.com', '!', true)",
            "INSERT INTO account_emailaddress VALUES (1, 'new@example.com', true, true)",
        ):
            connection.exec_driver_sql(statement)
    engine.dispose()
    [phoenix], _, sessions = read(url, "phoenix")
    assert (phoenix.external_id, phoenix.email) == (f"phoenix:{user}1", "Ada@example.com")
    assert (phoenix.created_at, sessions) == (datetime(2024, 5, 1, tzinfo=UTC), None)
    [better], _, _ = read(url, "better-auth", table="user")
    assert (better.password_hash, better.email_verified_at) == (HASH, NOW)
    [django], _, _ = read(url, "django")
    assert (django.email, django.email_verified_at) == ("new@example.com", NOW)
