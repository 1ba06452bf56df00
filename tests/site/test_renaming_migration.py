"""Migration 0005 renames tables, columns and stored keys, and keeps every row, up and down."""

import itertools
import threading
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from alembic.util import CommandError

from tests.site.test_migrations import schema_of

ROWS = 50_000
NOW = datetime(2030, 5, 17, 12, 0, tzinfo=UTC)
SESSION = {"session": "s1", "method": "password", "browser": "Firefox", "address": "192.0.2.1"}
RENAMED_SESSION = {
    "session": "s1",
    "method": "password",
    "browser": "Firefox",
    "ip_address": "192.0.2.1",
}

#: Former and new type, and former and new details.
EVENTS = [
    ("signed_in", "signed_in", {"method": "password"}, None),
    ("new_browser", "new_device_sign_in", {"method": "password"}, None),
    ("sign_in_refused", "sign_in_denied", {}, None),
    ("reset_asked", "password_reset_requested", {}, None),
    ("email_change_asked", "email_change_requested", {"to": "why@example.com"}, None),
    ("email_changed", "email_changed", {"from": "a@b.example", "to": "c@d.example"}, None),
    ("claimed", "account_claimed", {}, None),
    ("disavowed", "account_secured", {}, None),
    ("closed", "deletion_scheduled", {}, None),
    ("kept", "deletion_cancelled", {}, None),
    ("mail_written", "email_queued", {"subject": "the address"}, None),
    ("created", "account_created", {}, None),
    (
        "imported",
        "account_imported",
        {"system": "old", "former_id": "17"},
        {"system": "old", "external_id": "17"},
    ),
    ("frozen", "suspended", {"why": "disavowed"}, {"reason": "disavowed"}),
    ("unfrozen", "reinstated", {}, None),
    ("made_administrator", "admin_granted", {}, None),
    ("no_longer_administrator", "admin_revoked", {}, None),
    *(
        (
            "session_ended",
            "session_ended",
            SESSION | {"reason": former},
            RENAMED_SESSION | {"reason": present},
        )
        for former, present in {
            "frozen": "suspended",
            "disavowed": "account_secured",
            "crowded_out": "session_limit",
            "ended_for_owner": "ended_by_admin",
            "claimed": "claimed",
            "closed": "closed",
        }.items()
    ),
]
ACTORS = {
    "person": "user",
    "administrator": "administrator",
    "operator": "operator",
    "site": "system",
}
#: Offers to keep an account are deleted, since they have no purpose of their own any more.
PURPOSES = {
    "verify_email": "verify_email",
    "reset_password": "reset_password",
    "change_email": "change_email",
    "not_me": "secure_account",
    "keep_account": None,
}
TEMPLATES = {
    "verify_email": "verify_email",
    "account_closing": "deletion_scheduled",
    "account_closing_soon": "deletion_reminder",
    "email_change_asked": "email_change_requested",
    "email_given_back": "email_restored",
    "new_sign_in": "new_device_sign_in",
    "sign_up_taken": "sign_up_existing_account",
}
FORMER_TABLES = (
    "user",
    "user_session",
    "event",
    "pending_link",
    "outbox_message",
    "throttle",
    "sweep",
)


def key(number):
    """Return an id that sorts as its number does, in every collation."""
    return f"u{1_000_000 + number}"


def add_users_and_sessions(connection, tables):
    """Add rows by SQL, in a tenth of the time; the last user has a value in all columns."""
    numbers = sa.select(sa.literal(0).label("number")).cte(recursive=True)
    following = sa.select(numbers.c.number + 1).where(numbers.c.number < ROWS - 1)
    numbers = numbers.union_all(following)
    user_id = sa.literal("u") + sa.cast(1_000_000 + numbers.c.number, sa.String)
    users, sessions = tables["user"].c, tables["user_session"].c
    values = {
        users.id: user_id,
        users.first_name: sa.literal("Ada"),
        users.last_name: sa.literal("Lovelace"),
        users.email: user_id + "@Example.com",
        users.email_key: user_id + "@example.com",
        users.created_at: sa.literal(NOW, users.created_at.type),
    }
    connection.execute(
        sa.insert(tables["user"]).from_select([*values], sa.select(*values.values()))
    )
    values = {
        sessions.id: user_id,
        sessions.secret_digest: sa.cast(user_id, sa.LargeBinary),
        sessions.user_id: user_id,
        sessions.created_at: sa.literal(NOW, users.created_at.type),
        sessions.last_seen_at: sa.literal(NOW, users.created_at.type),
        sessions.confirmed_at: sa.literal(NOW + timedelta(hours=1), users.created_at.type),
        sessions.expires_at: sa.literal(NOW + timedelta(days=9), users.created_at.type),
        sessions.user_agent: sa.literal("Firefox"),
        sessions.network_address: sa.literal("192.0.2.1"),
        sessions.method: sa.literal("sign_up"),
        sessions.name: sa.literal("phone"),
    }
    connection.execute(
        sa.insert(tables["user_session"]).from_select([*values], sa.select(*values.values()))
    )
    unusual = {
        "password_hash": "hash",
        "email_verified_at": NOW,
        "closes_at": NOW + timedelta(days=1),
        "frozen_at": NOW + timedelta(days=2),
        "frozen_reason": "spam",
        "known_since": NOW + timedelta(days=3),
        "is_administrator": True,
        "former_id": "old:17",
    }
    last = users.id == key(ROWS - 1)
    connection.execute(sa.update(tables["user"]).where(last).values(unusual))


def fill(engine):
    """Add rows of each table as revision 0004 has it."""
    events = [
        {
            "id": key(number),
            "user_id": key(number),
            "at": NOW + timedelta(seconds=number),
            "kind": kind,
            "actor": actor,
            "network_address": "192.0.2.1",
            "details": details,
        }
        for number, (kind, _, details, _), actor in zip(
            range(ROWS), itertools.cycle(EVENTS), itertools.cycle(ACTORS), strict=False
        )
    ]
    links = [
        {
            "digest": key(number).encode(),
            "user_id": key(0),
            "purpose": purpose,
            "email": "Ada0@example.com",
            "email_key": "ada0@example.com",
            "created_at": NOW,
            "expires_at": NOW,
        }
        for number, purpose in enumerate(PURPOSES)
    ]
    messages = [
        {
            "id": key(number),
            "kind": kind,
            "user_id": key(0),
            "recipient": "Ada0@example.com",
            "due_at": NOW,
            "next_try_at": NOW + timedelta(hours=1),
            "tries": 3,
            "failure": "451 not now",
            "forget_at": NOW + timedelta(hours=2),
        }
        for number, kind in enumerate(TEMPLATES)
    ]
    counts = [{"key": b"k" * 32, "begun_at": 1, "hits": 2, "free_at": 3, "forget_at": 4}]
    with engine.begin() as connection:
        tables = reflected(connection)
        add_users_and_sessions(connection, tables)
        rows = (events, links, messages, counts)
        for name, some in zip(FORMER_TABLES[2:], rows, strict=False):
            connection.execute(sa.insert(tables[name]), some)


def reflected(connection):
    """Return the tables of the database by their names."""
    metadata = sa.MetaData()
    metadata.reflect(connection)
    return metadata.tables


def rows_of(engine, *names):
    """Return all rows of these tables, ordered by their keys."""
    with engine.connect() as connection:
        tables = reflected(connection)
        return {
            name: [
                tuple(row)
                for row in connection.execute(
                    sa.select(tables[name]).order_by(*tables[name].primary_key)
                )
            ]
            for name in names
        }


def renamed(name, row):
    """Return a row of 0004 as it is in 0005, or None if it is deleted."""
    values = list(row)
    if name == "event":
        number = int(row[0][1:]) - 1_000_000
        _, event_type, former, present = EVENTS[number % len(EVENTS)]
        assert row[-1] == former
        values[3:5] = event_type, ACTORS[row[4]]
        values[-1] = former if present is None else present
    if name == "pending_link":
        values[2] = PURPOSES[row[2]]
        return tuple(values) if values[2] else None
    if name == "outbox_message":
        values[1] = TEMPLATES[row[1]]
    return tuple(values)


def test_renaming_keeps_every_row_up_and_down(empty_url, engine, migrate):
    migrate(empty_url, "0004")
    fill(engine)
    former_schema, former = schema_of(engine), rows_of(engine, *FORMER_TABLES)
    assert [len(former[name]) for name in FORMER_TABLES[:3]] == [ROWS] * 3

    migrate(empty_url, "0005")
    present_names = {
        "user": "authsite_user",
        "user_session": "authsite_session",
        "event": "authsite_audit_event",
        "pending_link": "authsite_email_link",
        "outbox_message": "authsite_outbox_message",
        "throttle": "authsite_throttle",
        "sweep": "authsite_purge_run",
    }
    present = rows_of(engine, *present_names.values())
    for name, present_name in present_names.items():
        expected = [renamed(name, row) for row in former[name]]
        assert present[present_name] == [row for row in expected if row is not None]
    migrate(empty_url, "0004", down=True)
    assert schema_of(engine) == former_schema
    links = former.pop("pending_link")
    assert rows_of(engine, "pending_link")["pending_link"] == [
        row for row in links if row[2] != "keep_account"
    ]
    assert rows_of(engine, *former) == former


def test_foreign_keys_of_other_tables_are_refused(empty_url, engine, migrate):
    migrate(empty_url, "0004")
    with engine.begin() as connection:
        connection.exec_driver_sql(
            'CREATE TABLE note (id INTEGER PRIMARY KEY, owner VARCHAR(16) REFERENCES "user" (id))'
        )
    with pytest.raises(CommandError, match=r"^note: drop the foreign keys"):
        migrate(empty_url, "0005")
    assert "user" in sa.inspect(engine).get_table_names()


def test_rows_committed_while_the_migration_waits_are_kept(empty_url, engine, migrate):
    migrate(empty_url, "0004")
    migration = threading.Thread(target=migrate, args=(empty_url, "0005"))
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO throttle (key, begun_at, hits, free_at, forget_at) VALUES (%s, 1, 1, 1, 1)"
            % ("'\\x00'" if engine.dialect.name == "postgresql" else "x'00'")
        )
        migration.start()
        migration.join(2.0)
        assert migration.is_alive()
    migration.join()
    assert len(rows_of(engine, "authsite_throttle")["authsite_throttle"]) == 1
