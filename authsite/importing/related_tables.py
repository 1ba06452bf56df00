"""Fields of users that a system stores in another table than that of its users."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from authsite.importing.errors import UnusableSource
from authsite.importing.fields import plain

#: How Better Auth names the account that has a password.
_CREDENTIAL = "credential"


@dataclass(frozen=True, slots=True)
class UserQuery:
    """The expression of each field, from the table of users or its join with others.

    The fields in `chosen` are the operator's.
    """

    connection: Connection
    users: sa.TableClause
    source: sa.FromClause
    fields: Mapping[str, sa.ColumnElement[Any]]
    chosen: Collection[str]

    def join(self, other: sa.FromClause, on: sa.ColumnElement[bool]) -> "UserQuery":
        """Return the query with what the other table has for some of the users."""
        return replace(self, source=self.source.outerjoin(other, on))

    def with_fields(self, **fields: sa.ColumnElement[Any]) -> "UserQuery":
        """Return the query with these fields, except those that the operator has chosen."""
        added = {name: each for name, each in fields.items() if name not in self.chosen}
        return replace(self, fields={**self.fields, **added})


def find_table(connection: Connection, names: Sequence[str]) -> str | None:
    """Return the first of these tables and views that exists, in any case."""
    inspector = sa.inspect(connection)
    existing = [*inspector.get_table_names(), *inspector.get_view_names()]
    by_case = {name.casefold(): name for name in reversed(existing)}
    found = (name if name in existing else by_case.get(name.casefold()) for name in names)
    return next(filter(None, found), None)


def require_table(connection: Connection, names: Sequence[str]) -> str:
    """Return the first of these that exists, in any case; raise `UnusableSource`."""
    table = find_table(connection, names)
    if table is None:
        existing = ", ".join(sorted(sa.inspect(connection).get_table_names())) or "none"
        raise UnusableSource(
            f"there is no table {' or '.join(names)}. Name it with --table. There are: {existing}"
        )
    return table


def open_columns(connection: Connection, table: str) -> sa.TableClause:
    """Return the table with all its columns, whose values are read as the driver returns them."""
    columns = sa.inspect(connection).get_columns(table)
    return sa.table(table, *(sa.column(each["name"]) for each in columns))


def use_email_addresses(query: UserQuery) -> UserQuery:
    """Take the email address and its verification from django-allauth, if it was installed.

    The primary email address counts, or that of the user if none is primary. It is verified if the
    user has verified it; others of the user are left out.
    """
    name = find_table(query.connection, ["account_emailaddress"])
    if name is None or "id" not in query.fields:
        return query
    addresses = open_columns(query.connection, name)
    owner, email = addresses.c.user_id, addresses.c.email
    primary = (
        sa.select(owner, sa.func.min(email).label("email"))
        .where(addresses.c.primary.is_(sa.true()))
        .group_by(owner)
        .subquery("primary_email")
    )
    folded = sa.func.lower(email).label("email")
    verified = (
        sa.select(owner, folded)
        .where(addresses.c.verified.is_(sa.true()))
        .group_by(owner, sa.func.lower(email))
        .subquery("verified_email")
    )
    query = query.join(primary, primary.c.user_id == query.fields["id"])
    query = query.with_fields(email=sa.func.coalesce(primary.c.email, query.fields["email"]))
    is_same = verified.c.email == sa.func.lower(query.fields["email"])
    query = query.join(verified, (verified.c.user_id == query.fields["id"]) & is_same)
    return query.with_fields(verified=verified.c.user_id.is_not(None))


def use_credentials(query: UserQuery) -> UserQuery:
    """Take the password hash from the table of accounts of Better Auth."""
    if "password" in query.chosen or "id" not in query.fields:
        return query
    accounts = open_columns(
        query.connection, require_table(query.connection, ["account", "accounts"])
    )
    columns = {plain(column.name): column for column in accounts.c}
    missing = {"userid", "providerid", "password"} - set(columns)
    if missing:
        raise UnusableSource(f"the table {accounts.name} has no {' and no '.join(sorted(missing))}")
    credentials = (
        sa.select(
            columns["userid"].label("user_id"),
            sa.func.min(columns["password"]).label("password"),
        )
        .where(columns["providerid"] == _CREDENTIAL)
        .group_by(columns["userid"])
        .subquery("credentials")
    )
    query = query.join(credentials, credentials.c.user_id == query.fields["id"])
    return query.with_fields(password=credentials.c.password)
