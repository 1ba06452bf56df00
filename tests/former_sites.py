"""Databases of other systems, with the tables of their migrations."""

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

#: Of Prisma 5: times are milliseconds, ids are texts, table names are capitalized.
LUCIA = """
CREATE TABLE "_prisma_migrations" (
    "id" TEXT PRIMARY KEY NOT NULL,
    "checksum" TEXT NOT NULL,
    "migration_name" TEXT NOT NULL
);
CREATE TABLE "User" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "email" TEXT NOT NULL,
    "hashedPassword" TEXT NOT NULL,
    "firstName" TEXT NOT NULL,
    "lastName" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE UNIQUE INDEX "User_email_key" ON "User"("email");
CREATE TABLE "Session" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "userId" TEXT NOT NULL,
    "expiresAt" DATETIME NOT NULL,
    CONSTRAINT "Session_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User" ("id")
        ON DELETE CASCADE ON UPDATE CASCADE
);
"""
DJANGO = """
CREATE TABLE "auth_user" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "password" varchar(128) NOT NULL,
    "last_login" datetime NULL,
    "is_superuser" bool NOT NULL,
    "username" varchar(150) NOT NULL UNIQUE,
    "last_name" varchar(150) NOT NULL,
    "email" varchar(254) NOT NULL,
    "is_staff" bool NOT NULL,
    "is_active" bool NOT NULL,
    "date_joined" datetime NOT NULL,
    "first_name" varchar(150) NOT NULL
);
"""
DEVISE = """
CREATE TABLE "users" (
    "id" integer PRIMARY KEY AUTOINCREMENT NOT NULL,
    "email" varchar DEFAULT '' NOT NULL,
    "encrypted_password" varchar DEFAULT '' NOT NULL,
    "reset_password_token" varchar,
    "confirmation_token" varchar,
    "confirmed_at" datetime(6),
    "unconfirmed_email" varchar,
    "failed_attempts" integer DEFAULT 0 NOT NULL,
    "locked_at" datetime(6),
    "created_at" datetime(6) NOT NULL,
    "updated_at" datetime(6) NOT NULL
);
CREATE UNIQUE INDEX "index_users_on_email" ON "users" ("email");
"""
#: Of django-allauth 65, beside Django's.
ALLAUTH = """
CREATE TABLE "account_emailaddress" (
    "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    "verified" bool NOT NULL,
    "primary" bool NOT NULL,
    "user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED,
    "email" varchar(254) NOT NULL
);
CREATE UNIQUE INDEX "account_emailaddress_user_id_email_987c8728_uniq"
    ON "account_emailaddress" ("user_id", "email");
CREATE INDEX "account_emailaddress_user_id_2c513194" ON "account_emailaddress" ("user_id");
"""
#: Of Laravel 12, with the column of `SoftDeletes`.
LARAVEL = """
CREATE TABLE "users" (
    "id" integer primary key autoincrement not null,
    "name" varchar not null,
    "email" varchar not null,
    "email_verified_at" datetime,
    "password" varchar not null,
    "remember_token" varchar,
    "created_at" datetime,
    "updated_at" datetime,
    "deleted_at" datetime
);
CREATE UNIQUE INDEX "users_email_unique" on "users" ("email");
CREATE TABLE "sessions" (
    "id" varchar not null, "user_id" integer, "ip_address" varchar, "user_agent" text,
    "payload" text not null, "last_activity" integer not null, primary key ("id")
);
"""
#: Of Better Auth 1.7, with the columns of its admin plugin.
BETTER_AUTH = """
create table "user" ("id" text not null primary key, "name" text not null,
    "email" text not null unique, "emailVerified" integer not null, "image" text,
    "createdAt" date not null, "updatedAt" date not null,
    "role" text, "banned" integer, "banReason" text, "banExpires" date);
create table "session" ("id" text not null primary key, "expiresAt" date not null,
    "token" text not null unique, "createdAt" date not null, "updatedAt" date not null,
    "ipAddress" text, "userAgent" text,
    "userId" text not null references "user" ("id") on delete cascade);
create table "account" ("id" text not null primary key, "accountId" text not null,
    "providerId" text not null, "userId" text not null references "user" ("id") on delete cascade,
    "accessToken" text, "refreshToken" text, "idToken" text, "accessTokenExpiresAt" date,
    "refreshTokenExpiresAt" date, "scope" text, "password" text,
    "createdAt" date not null, "updatedAt" date not null);
"""
#: Of `mix phx.gen.auth` of Phoenix 1.8 with SQLite, which has `COLLATE NOCASE` for citext.
PHOENIX = """
CREATE TABLE "users" ("id" INTEGER PRIMARY KEY AUTOINCREMENT,
    "email" TEXT NOT NULL COLLATE NOCASE, "hashed_password" TEXT, "confirmed_at" TEXT,
    "inserted_at" TEXT NOT NULL, "updated_at" TEXT NOT NULL);
CREATE UNIQUE INDEX "users_email_index" ON "users" ("email");
CREATE TABLE "users_tokens" ("id" INTEGER PRIMARY KEY AUTOINCREMENT,
    "user_id" INTEGER NOT NULL REFERENCES "users"("id") ON DELETE CASCADE,
    "token" BLOB NOT NULL, "context" TEXT NOT NULL, "sent_to" TEXT,
    "authenticated_at" TEXT, "inserted_at" TEXT NOT NULL);
"""


def a_former_site(path: Path, tables: str, **rows: Iterable[dict[str, Any]]) -> str:
    """Create the tables, and these rows by table; return the path."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(tables)
        for table, rows_of_table in rows.items():
            for row in rows_of_table:
                _insert(connection, table, list(row), list(row.values()))
    return str(path)


def _insert(
    connection: sqlite3.Connection, table: str, columns: Sequence[str], values: Sequence[Any]
) -> None:
    names = ", ".join(f'"{each}"' for each in columns)
    marks = ", ".join("?" for _ in values)
    connection.execute(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', values)


def of_lucia(number: int, password_hash: str, **values: Any) -> dict[str, Any]:
    """Return a row as Prisma writes it."""
    return {
        "id": f"lucia{number:010}",
        "email": f"lucia{number}@example.com",
        "hashedPassword": password_hash,
        "firstName": "Grace",
        "lastName": "Hopper",
        "createdAt": 1_714_564_800_123,
    } | values


def of_django(number: int, password_hash: str, **values: Any) -> dict[str, Any]:
    """Return a row as Django writes it."""
    return {
        "id": number,
        "password": password_hash,
        "last_login": None,
        "is_superuser": 0,
        "username": f"django{number}",
        "last_name": "Hopper",
        "email": f"django{number}@example.com",
        "is_staff": 0,
        "is_active": 1,
        "date_joined": "2024-05-01 12:00:00.123000",
        "first_name": "Grace",
    } | values


def of_devise(number: int, password_hash: str, **values: Any) -> dict[str, Any]:
    """Return a row as Rails writes it."""
    return {
        "id": number,
        "email": f"devise{number}@example.com",
        "encrypted_password": password_hash,
        "confirmed_at": "2024-05-02 12:00:00.000000",
        "locked_at": None,
        "created_at": "2024-05-01 12:00:00.123000",
        "updated_at": "2024-05-01 12:00:00.123000",
    } | values


def of_allauth(user: int, email: str, **values: Any) -> dict[str, Any]:
    """Return an email address as django-allauth writes it."""
    return {"verified": 1, "primary": 1, "user_id": user, "email": email} | values


def of_laravel(number: int, password_hash: str, **values: Any) -> dict[str, Any]:
    """Return a row as Laravel writes it."""
    return {
        "id": number,
        "name": "Grace Brewster Hopper",
        "email": f"laravel{number}@example.com",
        "email_verified_at": "2024-05-02 12:00:00",
        "password": password_hash,
        "created_at": "2024-05-01 12:00:00",
        "updated_at": "2024-05-01 12:00:00",
        "deleted_at": None,
    } | values


def of_better_auth(number: int, **values: Any) -> dict[str, Any]:
    """Return a user as Better Auth writes it to SQLite."""
    return {
        "id": f"better{number:010}",
        "name": "Grace Hopper",
        "email": f"better-auth{number}@example.com",
        "emailVerified": 1,
        "createdAt": "2024-05-01T12:00:00.123Z",
        "updatedAt": "2024-05-01T12:00:00.123Z",
        "banned": None,
        "banExpires": None,
    } | values


def an_account_of_better_auth(
    number: int, password_hash: str | None, provider: str = "credential"
) -> dict[str, Any]:
    """Return the account of a user with a password, or of another provider."""
    return {
        "id": f"{provider}{number}",
        "accountId": f"better{number:010}",
        "providerId": provider,
        "userId": f"better{number:010}",
        "password": password_hash,
        "createdAt": "2024-05-01T12:00:00.123Z",
        "updatedAt": "2024-05-01T12:00:00.123Z",
    }


def of_phoenix(number: int, password_hash: str | None, **values: Any) -> dict[str, Any]:
    """Return a row as Ecto writes it to SQLite."""
    return {
        "id": number,
        "email": f"phoenix{number}@example.com",
        "hashed_password": password_hash,
        "confirmed_at": "2024-05-02T12:00:00",
        "inserted_at": "2024-05-01T12:00:00",
        "updated_at": "2024-05-01T12:00:00",
    } | values
