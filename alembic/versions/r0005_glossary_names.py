"""Rename tables, columns and stored keys to the terms of the project, below `authsite_`.

Revision 0005, after 0004. Each table is created under its new name and its rows are copied: that
renames constraints and indexes too, in the same way on SQLite and PostgreSQL.

A new site begins here: its database may be that of an application with a table `user` of its own.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import context, op
from alembic.util import CommandError

from authsite.models.base import NAMING_CONVENTION, UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BATCH = 1000

#: Former and new names of tables, in the order in which they can be created.
TABLES = {
    "user": "authsite_user",
    "user_session": "authsite_session",
    "event": "authsite_audit_event",
    "pending_link": "authsite_email_link",
    "outbox_message": "authsite_outbox_message",
    "throttle": "authsite_throttle",
    "sweep": "authsite_purge_run",
}
#: Former and new names of columns; the others keep theirs.
COLUMNS = {
    "user": {
        "email_key": "email_normalized",
        "closes_at": "delete_after",
        "frozen_at": "suspended_at",
        "frozen_reason": "suspension_reason",
        "known_since": "devices_valid_since",
        "former_id": "external_id",
    },
    "user_session": {
        "confirmed_at": "authenticated_at",
        "network_address": "ip_address",
        "method": "auth_method",
    },
    "event": {"at": "occurred_at", "kind": "type", "network_address": "ip_address"},
    "pending_link": {"email_key": "email_normalized"},
    "outbox_message": {
        "kind": "template",
        "due_at": "send_at",
        "next_try_at": "next_attempt_at",
        "tries": "attempts",
        "failure": "last_error",
        "forget_at": "purge_after",
    },
    "throttle": {
        "begun_at": "window_started_at",
        "free_at": "blocked_until",
        "forget_at": "expires_at",
    },
    "sweep": {"begun_at": "started_at"},
}
#: Former and new keys that rows hold, by table and former column.
VALUES = {
    ("event", "kind"): {
        "new_browser": "new_device_sign_in",
        "sign_in_refused": "sign_in_denied",
        "reset_asked": "password_reset_requested",
        "email_change_asked": "email_change_requested",
        "claimed": "account_claimed",
        "disavowed": "account_secured",
        "closed": "deletion_scheduled",
        "kept": "deletion_cancelled",
        "mail_written": "email_queued",
        "created": "account_created",
        "imported": "account_imported",
        "frozen": "suspended",
        "unfrozen": "reinstated",
        "made_administrator": "admin_granted",
        "no_longer_administrator": "admin_revoked",
    },
    ("event", "actor"): {"person": "user", "site": "system"},
    ("pending_link", "purpose"): {"not_me": "secure_account"},
    ("outbox_message", "kind"): {
        "account_closing": "deletion_scheduled",
        "account_closing_soon": "deletion_reminder",
        "email_change_asked": "email_change_requested",
        "email_given_back": "email_restored",
        "new_sign_in": "new_device_sign_in",
        "sign_up_taken": "sign_up_existing_account",
    },
}
#: Former and new keys in the details of events, by the new type of the event.
DETAILS = {
    "account_imported": {"former_id": "external_id"},
    "session_ended": {"address": "ip_address"},
    "suspended": {"why": "reason"},
}
#: Former and new reasons why a session ended.
REASONS = {
    "frozen": "suspended",
    "disavowed": "account_secured",
    "crowded_out": "session_limit",
    "ended_for_owner": "ended_by_admin",
}


def upgrade() -> None:
    """Copy every row, apart from offers to keep a closed account, which were good for minutes."""
    former, new = _tables({}), _tables(TABLES)
    if context.config.attributes.get("new_site"):
        _create(new)
        return
    _lock(former)
    op.execute("DELETE FROM pending_link WHERE purpose = 'keep_account'")
    _copy(former, new)
    _rewrite_details(new["event"], DETAILS, REASONS)


def downgrade() -> None:
    """Copy every row back."""
    former, new = _tables({}), _tables(TABLES)
    _lock(new)
    names = {event_type: _swapped(keys) for event_type, keys in DETAILS.items()}
    _rewrite_details(new["event"], names, _swapped(REASONS))
    _copy(new, former)


def _create(tables: Mapping[str, sa.Table]) -> None:
    """Create the tables as 0001 to 0004 and the copy would leave them."""
    for table in tables.values():
        table.create(op.get_bind())
    row = {"name": "sessions", "started_at": datetime(1970, 1, 1, tzinfo=UTC)}
    op.bulk_insert(tables["sweep"], [row])


def _lock(tables: Mapping[str, sa.Table]) -> None:
    """Refuse what the copy would break, and wait for transactions that write to these tables."""
    if context.is_offline_mode():
        raise CommandError("this migration copies rows, so it cannot be written as SQL")
    connection = op.get_bind()
    names = {table.name for table in tables.values()}
    inspector = sa.inspect(connection)
    references = sorted(
        other
        for other in set(inspector.get_table_names()) - names
        for key in inspector.get_foreign_keys(other)
        if key["referred_table"] in names
    )
    if references:
        raise CommandError(
            f"{', '.join(references)}: drop the foreign keys of these tables that refer to tables "
            "of authsite, migrate, and add them again with the new names"
        )
    if connection.dialect.name == "postgresql":
        quoted = map(connection.dialect.identifier_preparer.quote, sorted(names))
        op.execute(f"LOCK TABLE {', '.join(quoted)} IN ACCESS EXCLUSIVE MODE")


def _copy(source: Mapping[str, sa.Table], target: Mapping[str, sa.Table]) -> None:
    """Create the tables of `target`, copy the rows of `source` into them, and drop `source`.

    Both have their columns in the same order.
    """
    connection = op.get_bind()
    for name, table in target.items():
        table.create(connection)
        former_columns = _tables({})[name].c.keys()
        values = [
            _translated(column, VALUES.get((name, former)), to_new=table.name == TABLES[name])
            for former, column in zip(former_columns, source[name].c, strict=True)
        ]
        connection.execute(sa.insert(table).from_select(list(table.c), sa.select(*values)))
    for name in reversed(TABLES):
        source[name].drop(connection)


def _translated(
    column: sa.Column, keys: dict[str, str] | None, *, to_new: bool
) -> sa.ColumnElement:
    if keys is None:
        return column
    return sa.case(keys if to_new else _swapped(keys), value=column, else_=column)


def _rewrite_details(
    events: sa.Table, names: Mapping[str, Mapping[str, str]], reasons: Mapping[str, str]
) -> None:
    """Rename keys in the details of events, and reasons why sessions ended, in batches by id."""
    connection, last = op.get_bind(), ""
    affected = events.c.type.in_(names)
    some = sa.select(events.c.id, events.c.type, events.c.details).where(affected)
    change = (
        sa.update(events)
        .where(events.c.id == sa.bindparam("event_id"))
        .values(details=sa.bindparam("new_details", type_=sa.JSON))
    )
    while rows := connection.execute(
        some.where(events.c.id > last).order_by(events.c.id).limit(BATCH)
    ).all():
        changed = []
        for row in rows:
            keys = names[row.type]
            details = {keys.get(name, name): value for name, value in row.details.items()}
            if row.type == "session_ended":
                details["reason"] = reasons.get(details["reason"], details["reason"])
            changed.append({"event_id": row.id, "new_details": details})
        connection.execute(change, changed)
        last = rows[-1].id


def _swapped(keys: Mapping[str, str]) -> dict[str, str]:
    return {new: former for former, new in keys.items()}


def _tables(names: Mapping[str, str]) -> dict[str, sa.Table]:
    """Return the tables by their former names: with the names that `names` gives, or the former."""
    metadata = sa.MetaData(naming_convention=NAMING_CONVENTION)

    def table(name: str, *columns: sa.Column, checks: tuple[str, ...] = ()) -> sa.Table:
        for column in columns if names else ():
            column.name = column.key = COLUMNS[name].get(column.name, column.name)
        constraints = [
            sa.CheckConstraint(f"length({each}) BETWEEN 1 AND 100", name=f"{each}_length")
            for each in checks
        ]
        return sa.Table(names.get(name, name), metadata, *columns, *constraints)

    def required(name: str, of: sa.types.TypeEngine, **options: object) -> sa.Column:
        return sa.Column(name, of, nullable=False, **options)

    def optional(name: str, of: sa.types.TypeEngine, **options: object) -> sa.Column:
        return sa.Column(name, of, **options)

    def id_column() -> sa.Column:
        return sa.Column("id", sa.String(16), primary_key=True)

    def user_id(*, nullable: bool = False, index: bool = True) -> sa.Column:
        key = sa.ForeignKey(f"{names.get('user', 'user')}.id", ondelete="CASCADE")
        return sa.Column("user_id", sa.String(16), key, nullable=nullable, index=index)

    time, text = UtcDateTime(), sa.String
    tables = {
        "user": table(
            "user",
            id_column(),
            required("first_name", text(100)),
            required("last_name", text(100)),
            required("email", text(254)),
            required("email_key", text(254), unique=True),
            optional("password_hash", text(255)),
            required("created_at", time),
            optional("email_verified_at", time),
            optional("closes_at", time, index=True),
            optional("frozen_at", time),
            optional("frozen_reason", text(200)),
            optional("known_since", time),
            required("is_administrator", sa.Boolean(), server_default=sa.false()),
            optional("former_id", text(120), unique=True),
            checks=("first_name", "last_name"),
        ),
        "user_session": table(
            "user_session",
            id_column(),
            required("secret_digest", sa.LargeBinary(32)),
            user_id(),
            required("created_at", time),
            required("last_seen_at", time),
            required("confirmed_at", time),
            required("expires_at", time, index=True),
            optional("user_agent", text(512)),
            optional("network_address", text(45)),
            required("public_computer", sa.Boolean(), server_default=sa.false()),
            required("method", text(20), server_default="password"),
            optional("name", text(60)),
        ),
        "event": table(
            "event",
            id_column(),
            user_id(index=False),
            required("at", time, index=True),
            required("kind", text(40)),
            required("actor", text(20)),
            optional("actor_id", text(16)),
            optional("session_id", text(16)),
            optional("user_agent", text(512)),
            optional("network_address", text(45)),
            required("details", sa.JSON()),
        ),
        "pending_link": table(
            "pending_link",
            sa.Column("digest", sa.LargeBinary(32), primary_key=True),
            user_id(),
            required("purpose", text(20)),
            required("email", text(254)),
            required("email_key", text(254), index=True),
            required("created_at", time),
            required("expires_at", time, index=True),
        ),
        "outbox_message": table(
            "outbox_message",
            id_column(),
            required("kind", text(40)),
            user_id(nullable=True),
            required("recipient", text(320)),
            optional("subject", sa.Text()),
            optional("text", sa.Text()),
            optional("html", sa.Text()),
            required("due_at", time),
            optional("next_try_at", time, index=True),
            required("tries", sa.Integer(), server_default="0"),
            optional("failure", text(200)),
            optional("delivered_at", time),
            optional("forget_at", time, index=True),
        ),
        "throttle": table(
            "throttle",
            sa.Column("key", sa.LargeBinary(32), primary_key=True),
            required("begun_at", sa.BigInteger()),
            required("hits", sa.Integer()),
            required("free_at", sa.BigInteger()),
            required("forget_at", sa.BigInteger(), index=True),
        ),
        "sweep": table(
            "sweep",
            sa.Column("name", text(20), primary_key=True),
            required("begun_at", time),
        ),
    }
    events = tables["event"]
    sa.Index(None, events.c.user_id, events.c["occurred_at" if names else "at"], events.c.id)
    return tables
