"""Add names of operators to notes and audit events, and networks and erasures to the latter.

Revision 0012, after 0011.
"""

import ipaddress

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLE, NOTE = "authsite_audit_event", "authsite_account_note"
BY_STAFF = sa.text("actor IN ('administrator', 'operator')")
#: Rows that are read at once.
BATCH = 1000

_EVENT = sa.table(TABLE, *(sa.column(each) for each in ("id", "user_id", "ip_address", "network")))


def upgrade() -> None:
    """Add the columns, compute the networks of existing events, and create the indexes."""
    with op.batch_alter_table(TABLE) as table:
        table.add_column(sa.Column("actor_name", sa.String(100), nullable=True))
        table.add_column(sa.Column("network", sa.String(43), nullable=True))
        table.alter_column("user_id", existing_type=sa.String(16), nullable=True)
    op.add_column(NOTE, sa.Column("actor_name", sa.String(100), nullable=True))
    _compute_networks(op.get_bind())
    op.create_index(op.f(f"ix_{TABLE}_type_occurred_at"), TABLE, ["type", "occurred_at"])
    op.create_index(op.f(f"ix_{TABLE}_network_occurred_at"), TABLE, ["network", "occurred_at"])
    op.create_index(
        f"ix_{TABLE}_by_staff",
        TABLE,
        ["actor", "occurred_at"],
        sqlite_where=BY_STAFF,
        postgresql_where=BY_STAFF,
    )


def downgrade() -> None:
    """Drop the indexes and columns, and the erasures, which have no account."""
    op.drop_index(f"ix_{TABLE}_by_staff", TABLE)
    op.drop_index(op.f(f"ix_{TABLE}_network_occurred_at"), TABLE)
    op.drop_index(op.f(f"ix_{TABLE}_type_occurred_at"), TABLE)
    with op.batch_alter_table(NOTE) as table:
        table.drop_column("actor_name")
    op.execute(sa.delete(_EVENT).where(_EVENT.c.user_id.is_(None)))
    with op.batch_alter_table(TABLE) as table:
        table.alter_column("user_id", existing_type=sa.String(16), nullable=False)
        table.drop_column("network")
        table.drop_column("actor_name")


def _compute_networks(connection: sa.Connection) -> None:
    """Set the network of every event with an IP address; an IPv4 address is its own."""
    is_ipv6 = _EVENT.c.ip_address.contains(":")
    connection.execute(
        sa.update(_EVENT).where(sa.not_(is_ipv6)).values(network=_EVENT.c.ip_address)
    )
    rows = sa.select(_EVENT.c.id, _EVENT.c.ip_address).order_by(_EVENT.c.id).limit(BATCH)
    update = (
        sa.update(_EVENT)
        .where(_EVENT.c.id == sa.bindparam("event"))
        .values(network=sa.bindparam("its_network"))
    )
    last = ""
    while found := connection.execute(rows.where(is_ipv6, _EVENT.c.id > last)).all():
        values = [{"event": row.id, "its_network": _network_of(row.ip_address)} for row in found]
        connection.execute(update, values)
        last = found[-1].id


def _network_of(ip_address: str) -> str:
    address = ipaddress.IPv6Address(ip_address)
    if address.sixtofour:
        return str(address.sixtofour)
    return str(ipaddress.IPv6Network((int(address) >> 64 << 64, 64)))
