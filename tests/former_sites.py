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
    "created_at" datetime(6) NOT NULL,
    "updated_at" datetime(6) NOT NULL
);
CREATE UNIQUE INDEX "index_users_on_email" ON "users" ("email");
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
        "created_at": "2024-05-01 12:00:00.123000",
        "updated_at": "2024-05-01 12:00:00.123000",
    } | values
