"""Add notes on accounts, unlocking, and the search by parts of names and by IP address.

Revision 0011, after 0010. `authsite/models/search_index.py` describes the search. On PostgreSQL it
needs no extension, so that no privilege can be missing.
"""

import sqlalchemy as sa
from alembic import op

from authsite.models.base import UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

NOTE = "authsite_account_note"
USER = "authsite_user"
SEARCH = "authsite_user_search"
#: The tables with IP addresses.
NETWORKS = ("authsite_session", "authsite_audit_event")


def search_text(prefix=""):
    """Return the SQL of the search text; `prefix` is that of its columns."""
    text = f"{prefix}first_name || ' ' || {prefix}last_name || ' ' || {prefix}email_normalized"
    for separator in " -.@":
        text = f"replace({text}, '{separator}', '{separator}  ')"
    return f"'  ' || {text}"


POSTGRESQL = (
    f"""
    CREATE FUNCTION authsite_search_text(first_name text, last_name text, email_normalized text)
    RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT lower({search_text()}) $$
    """,
    """
    CREATE FUNCTION authsite_trigrams(searched text)
    RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1000 AS $$
    SELECT array_agg(substr(searched, n, 3)) FROM generate_series(1, length(searched) - 2) AS n
    $$
    """,
    f"""
    CREATE INDEX ix_{SEARCH} ON {USER} USING gin
    (authsite_trigrams(authsite_search_text(first_name, last_name, email_normalized)))
    """,
)
POSTGRESQL_DROP = (
    f"DROP INDEX ix_{SEARCH}",
    "DROP FUNCTION authsite_search_text",
    "DROP FUNCTION authsite_trigrams",
)

#: The place of a user in the full-text table, which has no index of other columns.
PLACE = f"(SELECT place FROM {SEARCH}_row WHERE user_id = OLD.id)"
SQLITE = (
    f"CREATE VIRTUAL TABLE {SEARCH} USING fts5(text, tokenize='trigram')",
    f"""
    CREATE TABLE {SEARCH}_row
    (place INTEGER PRIMARY KEY, user_id VARCHAR(16) NOT NULL UNIQUE)
    """,
    f"INSERT INTO {SEARCH}_row (user_id) SELECT id FROM {USER}",
    f"""
    INSERT INTO {SEARCH} (rowid, text)
    SELECT place, {search_text()} FROM {SEARCH}_row JOIN {USER} ON {USER}.id = user_id
    ORDER BY place
    """,
    f"""
    CREATE TRIGGER {SEARCH}_insert AFTER INSERT ON {USER} BEGIN
    INSERT INTO {SEARCH}_row (user_id) VALUES (NEW.id);
    INSERT INTO {SEARCH} (rowid, text) VALUES (last_insert_rowid(), {search_text("NEW.")});
    END
    """,
    f"""
    CREATE TRIGGER {SEARCH}_update
    AFTER UPDATE OF id, first_name, last_name, email_normalized ON {USER} BEGIN
    UPDATE {SEARCH} SET text = {search_text("NEW.")} WHERE rowid = {PLACE};
    UPDATE {SEARCH}_row SET user_id = NEW.id WHERE user_id = OLD.id;
    END
    """,
    f"""
    CREATE TRIGGER {SEARCH}_delete AFTER DELETE ON {USER} BEGIN
    DELETE FROM {SEARCH} WHERE rowid = {PLACE};
    DELETE FROM {SEARCH}_row WHERE user_id = OLD.id;
    END
    """,
)
SQLITE_DROP = (
    f"DROP TRIGGER {SEARCH}_insert",
    f"DROP TRIGGER {SEARCH}_update",
    f"DROP TRIGGER {SEARCH}_delete",
    f"DROP TABLE {SEARCH}",
    f"DROP TABLE {SEARCH}_row",
)


def is_sqlite():
    """Whether the migration runs on SQLite."""
    return op.get_bind().dialect.name == "sqlite"


def upgrade():
    """Create the table, the column and the indexes. A million users take a minute."""
    op.create_table(
        NOTE,
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("user_id", sa.String(16), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(20), nullable=False),
        sa.Column("actor_id", sa.String(16), nullable=True),
        sa.Column("text", sa.String(2000), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], [f"{USER}.id"], name=op.f(f"fk_{NOTE}_user_id_{USER}"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{NOTE}")),
    )
    op.create_index(op.f(f"ix_{NOTE}_user_id_created_at_id"), NOTE, ["user_id", "created_at", "id"])
    op.add_column(USER, sa.Column("unlocked_at", UtcDateTime(), nullable=True))
    known = sa.text("ip_address IS NOT NULL")
    for table in NETWORKS:
        if not is_sqlite():  # rewrites no row
            op.execute(f'ALTER TABLE {table} ALTER ip_address TYPE varchar(45) COLLATE "C"')
        op.create_index(
            f"ix_{table}_ip_address_user_id",
            table,
            ["ip_address", "user_id"],
            sqlite_where=known,
            postgresql_where=known,
        )
    for statement in SQLITE if is_sqlite() else POSTGRESQL:
        op.execute(statement)


def downgrade():
    """Drop them; the notes are lost."""
    for statement in SQLITE_DROP if is_sqlite() else POSTGRESQL_DROP:
        op.execute(statement)
    for table in NETWORKS:
        op.drop_index(f"ix_{table}_ip_address_user_id", table)
        if not is_sqlite():
            op.execute(f"ALTER TABLE {table} ALTER ip_address TYPE varchar(45)")
    op.drop_column(USER, "unlocked_at")
    op.drop_table(NOTE)
