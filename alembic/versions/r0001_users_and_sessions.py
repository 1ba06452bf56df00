"""Users and sessions.

Revision 0001, the first.
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from authsite.models.base import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, and the row by which processes agree on who sweeps."""
    op.create_table(
        "user",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("first_name", sa.String(100), nullable=False),
        sa.Column("last_name", sa.String(100), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("email_key", sa.String(254), nullable=False),
        sa.Column("password_hash", sa.String(255), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "length(first_name) BETWEEN 1 AND 100", name=op.f("ck_user_first_name_length")
        ),
        sa.CheckConstraint(
            "length(last_name) BETWEEN 1 AND 100", name=op.f("ck_user_last_name_length")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
        sa.UniqueConstraint("email_key", name=op.f("uq_user_email_key")),
    )
    op.create_table(
        "user_session",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("secret_digest", sa.LargeBinary(32), nullable=False),
        sa.Column("user_id", sa.String(16), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=False),
        sa.Column("confirmed_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("user_agent", sa.String(512), nullable=True),
        sa.Column("network_address", sa.String(45), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_user_session_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_session")),
    )
    op.create_index(op.f("ix_user_session_expires_at"), "user_session", ["expires_at"])
    op.create_index(op.f("ix_user_session_user_id"), "user_session", ["user_id"])
    sweep = op.create_table(
        "sweep",
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("begun_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_sweep")),
    )
    op.bulk_insert(sweep, [{"name": "sessions", "begun_at": datetime(1970, 1, 1, tzinfo=UTC)}])


def downgrade() -> None:
    """Drop them again."""
    op.drop_table("sweep")
    op.drop_table("user_session")
    op.drop_table("user")
