"""Migration 0012 computes the networks of events and keeps every event but erasures."""

import sqlalchemy as sa

from authsite.clock import utc_now
from authsite.models import AuditEvent, User
from authsite.models.base import UtcDateTime

#: IP addresses of events before the migration, and their networks after it.
NETWORKS = {
    "192.0.2.7": "192.0.2.7",
    "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
    "2001:db8::9": "2001:db8::/64",
    "2002:c000:201:1::1": "192.0.2.1",
}
MANY = 1500
NEW = {"actor_name", "network"}


def old_table():
    """Return the table as it was."""
    columns = [
        sa.Column(each.name, UtcDateTime if each.name == "occurred_at" else each.type)
        for each in AuditEvent.__table__.c
        if each.name not in NEW
    ]
    return sa.Table("authsite_audit_event", sa.MetaData(), *columns)


def add_events(engine):
    """Add events of one user; more than a batch of them have an IPv6 address."""
    now = utc_now()
    user = {"id": "a" * 16, "first_name": "A", "last_name": "B", "created_at": now}
    addresses = [None, *NETWORKS, *["2001:db8::9"] * MANY]
    rows = [
        {
            "id": f"{number:016}",
            "user_id": user["id"],
            "occurred_at": now,
            "type": "signed_in",
            "actor": "user",
            "ip_address": address,
            "details": {"number": str(number)},
        }
        for number, address in enumerate(addresses)
    ]
    with engine.begin() as connection:
        email = {"email": "a@example.com", "email_normalized": "a@example.com"}
        connection.execute(sa.insert(User.__table__), user | email)
        connection.execute(sa.insert(old_table()), rows)


def events(engine, table):
    """Return all rows by their id."""
    with engine.connect() as connection:
        rows = connection.execute(sa.select(table).order_by(table.c.id)).mappings().all()
    return [dict(row) for row in rows]


def test_migration_keeps_events_and_computes_their_networks(empty_url, engine, migrate):
    migrate(empty_url, "0010")
    add_events(engine)
    before = events(engine, old_table())
    migrate(empty_url, "0012")
    after = events(engine, AuditEvent.__table__)
    assert [{name: row[name] for name in row if name not in NEW} for row in after] == before
    assert all(row["network"] == NETWORKS.get(row["ip_address"]) for row in after)
    erased = {"id": "erased", "user_id": None, "type": "account_erased", "actor": "operator"}
    with engine.begin() as connection:
        connection.execute(
            sa.insert(AuditEvent.__table__), erased | {"occurred_at": utc_now(), "details": {}}
        )
    migrate(empty_url, "0010", down=True)
    assert events(engine, old_table()) == before
